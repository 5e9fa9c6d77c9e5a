import { unstable_rethrow } from 'next/navigation'
import type { Action } from '@/components/actions'

export type Lost = { ok: false; error: 'lost'; retryAt?: Date }

/** Calls an action with a form made of these fields. An answer that never arrives is a refusal of its own. */
export async function send<V, E extends string>(
  action: Action<V, E>,
  fields: Record<string, string>,
): Promise<Awaited<ReturnType<Action<V, E>>> | Lost> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  try {
    return await action(form)
  } catch (error) {
    unstable_rethrow(error)
    return { ok: false, error: 'lost' }
  }
}
