/** Something that was searched. */
export type Place = {
  /** Of what sort it is, without what differs from run to run: `console response body of regenerateAction`. */
  label: string
  /** Which one, for a person: an address or a path. */
  where: string
  bytes: Buffer
  /** People's words and numbers, not machine code or compressed bytes: six digits in a row mean something here. */
  text: boolean
}

export const textPlace = (label: string, where: string, text: string): Place => ({
  label,
  where,
  bytes: Buffer.from(text),
  text: true,
})
