import pg from 'pg'
import { type ProgramRole, programRoles } from '@/db/roles'

/** The same database as another login. @param url as its owner, `gatehouse` */
export const loginUrl = (url: string, role: ProgramRole): string => url.replace('//gatehouse@', `//${role}_login@`)

/** A login for each program, a member of its role and of nothing else. @returns the address each connects to */
export async function makeLogins(owner: string): Promise<Record<ProgramRole, string>> {
  const client = new pg.Client({ connectionString: owner })
  await client.connect()
  for (const role of programRoles) await client.query(`create role ${role}_login login in role gatehouse_${role}`)
  await client.end()
  return {
    console: loginUrl(owner, 'console'),
    gate: loginUrl(owner, 'gate'),
    dispatcher: loginUrl(owner, 'dispatcher'),
  }
}
