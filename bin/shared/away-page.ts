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
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem }
</style>
<main role="alert">
<h1>${words.title}</h1>
<p>${words.text}</p>
<p>${words.again}</p>
</main>
</html>
`
