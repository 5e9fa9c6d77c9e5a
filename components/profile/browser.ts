/** `Firefox on Windows`, from what a browser calls itself. A hint for a person, nothing is decided by it. */
export function browserOf(userAgent: string): string | null {
  const browsers: [RegExp, string][] = [
    [/Edg(e|A|iOS)?\//, 'Edge'],
    [/OPR\/|Opera/, 'Opera'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]
  const systems: [RegExp, string][] = [
    [/Android/, 'Android'],
    [/iPhone|iPad|iPod/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X|Macintosh/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux|X11/, 'Linux'],
  ]
  const first = (list: [RegExp, string][]) => list.find(([look]) => look.test(userAgent))?.[1]
  const browser = first(browsers)
  const system = first(systems)
  return browser ? (system ? `${browser} on ${system}` : browser) : null
}
