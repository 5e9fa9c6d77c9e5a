import { Check } from '@/components/ui/icons'

/** Three bars; those that are done carry a check mark. */
export const Steps = ({ names, now }: { names: readonly string[]; now: number }) => (
  <ol className="steps">
    {names.map((name, i) => (
      <li
        key={name}
        className={i < now ? 'done' : i === now ? 'now' : undefined}
        aria-current={i === now ? 'step' : undefined}
      >
        {i < now ? <Check /> : <span>{i + 1}</span>}
        {name}
      </li>
    ))}
  </ol>
)
