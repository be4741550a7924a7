import { html, raw } from 'hono/html'
import type { SentField } from './sent-form.ts'

/** The page for a form that was not sent. `again`: a path of this site. */
export async function returnedFormPage(again: string, fields: readonly SentField[]): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Your form was not sent</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>Your form was not sent</h1>
<p>This site was renewed while its page was open, so nothing has been done with what you sent. Open the form again and
send it once more.</p>
<a class="act" href="${again}" target="_blank" rel="noopener">Open the form again</a>
${
  fields.length === 0
    ? ''
    : html`<h2>What you had entered</h2>
<p>The form opens in a tab of its own, so you can copy from here.</p>
<dl>${fields.map((field) => html`<div><dt>${field.name}</dt><dd>${wordsFor(field)}</dd></div>`)}</dl>`
}
</main>
</body>
</html>
`
  return String(page)
}

function wordsFor(field: SentField) {
  switch (field.kind) {
    case 'text':
      return field.value
    case 'file':
      return html`<em>the file</em> ${field.value}<em>, to be chosen again</em>`
    case 'secret':
      return html`<em>not shown, to be entered again</em>`
  }
}

/** It stands by itself, as nginx's error pages do: the build that had the site's own style is gone. */
const STYLE = `
:root { --page: #f5f4f0; --surface: #fffefb; --line: #d9d5ca; --text: #1a1d21; --soft: #5a6069; --action: #1f4b43; --on-action: #f6fbf8; --focus: #1763c6 }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1215; --surface: #171b1f; --line: #2c3238; --text: #e7e9ea; --soft: #9aa3ac; --action: #a8dccd; --on-action: #0c2721; --focus: #7fb4ff }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 "IBM Plex Sans Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 42rem; margin: 0 auto; padding: 12vh 1.25rem 3rem }
h1 { margin: 0 0 .75rem; font-size: 1.875rem; font-weight: 600; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance }
h2 { margin: 2.75rem 0 .25rem; font-size: 1.125rem; font-weight: 600 }
p { margin: 0; color: var(--soft); text-wrap: pretty }
.act { display: inline-block; margin-top: 1.5rem; padding: .625rem 1.125rem; border-radius: .375rem; background: var(--action); color: var(--on-action); font-weight: 500; text-decoration: none }
.act:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px }
dl { margin: 1rem 0 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--surface) }
dl > div { display: grid; gap: .125rem 1.5rem; padding: .75rem 1.25rem }
dl > div + div { border-top: 1px solid var(--line) }
dt { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
em { color: var(--soft); font-style: normal }
@media (min-width: 40rem) { dl > div { grid-template-columns: 11rem 1fr } dt { line-height: 1.8 } }
`
