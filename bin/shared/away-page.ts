import { product, awayWords as words } from '@/lib/words/common'

/** What the console says while its database does not answer: without the framework, which has nothing to show then. */
export const awayText = `${words.title}. ${words.text}`

const SECONDS = 5

/** A page that comes back by itself. @param nonce of this answer's policy, for the style */
export const awayPage = (nonce: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${SECONDS}">
<title>${words.title} · ${product}</title>
<style nonce="${nonce}">
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: light-dark(#fff, oklch(0.18 0.012 226)) }
header { background: light-dark(oklch(0.262 0.042 224), oklch(0.148 0.017 226)); color: oklch(0.97 0.006 205);
  padding: .75rem 1rem; font-weight: 600 }
main { max-width: 36rem; margin: 4rem auto; padding: 0 1rem; color: light-dark(oklch(0.25 0.03 224), oklch(0.93 0.006 210)) }
h1 { font-size: 1.25rem }
</style>
<header>${product}</header>
<main role="alert">
<h1>${words.title}</h1>
<p>${words.text}</p>
<p>${words.again}</p>
</main>
</html>
`
