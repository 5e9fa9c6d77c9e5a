/** Instants and durations in words. Pure; no locale data, so server and browser write the same. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')

/** `21 Nov 2026, 14:32 UTC` */
export const inUtc = (at: Date, show: 'full' | 'date' | 'seconds' = 'full'): string =>
  show === 'date'
    ? `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`
    : `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${
        show === 'seconds' ? `:${two(at.getUTCSeconds())}` : ''
      } UTC`

/** `UTC+1`, `UTC-3:30`, `UTC`: of that instant, so that summer time is right. */
export function offsetOf(minutesWest: number): string {
  if (minutesWest === 0) return 'UTC'
  const minutes = Math.abs(minutesWest)
  const rest = minutes % 60
  return `UTC${minutesWest < 0 ? '+' : '-'}${Math.floor(minutes / 60)}${rest ? `:${two(rest)}` : ''}`
}

/** The same instant on the viewer's clock, with its offset. */
export const inZone = (at: Date, show: 'full' | 'date' | 'seconds' = 'full'): string =>
  show === 'date'
    ? `${at.getDate()} ${months[at.getMonth()]} ${at.getFullYear()}`
    : `${at.getDate()} ${months[at.getMonth()]} ${at.getFullYear()}, ${two(at.getHours())}:${two(at.getMinutes())}${
        show === 'seconds' ? `:${two(at.getSeconds())}` : ''
      } ${offsetOf(at.getTimezoneOffset())}`

/** `9:41`, `23 h 40 min`, `6 d 2 h`: never longer than what is left. */
export function left(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`
  const minutes = Math.floor(s / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `12 seconds ago`, `4 minutes ago`, `3 hours ago`, `6 days ago`. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 5) return 'now'
  const say = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'} ago`
  if (s < 60) return say(s, 'second')
  if (s < 3600) return say(Math.floor(s / 60), 'minute')
  if (s < 86_400) return say(Math.floor(s / 3600), 'hour')
  return say(Math.floor(s / 86_400), 'day')
}

/** Initials for an avatar. */
export const initials = (name: string): string => {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const first = [...(words[0] ?? '?')][0] ?? '?'
  const second = [...(words[1] ?? '')][0] ?? ''
  return (first + second).toUpperCase()
}
