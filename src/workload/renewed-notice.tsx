'use client'

import type { CSSProperties } from 'react'
import type { Restored } from './restore-fields.ts'

type Props = { restored: Restored | null; onClose: () => void }

/**
 * Says after a reload that nobody asked for what has become of what the visitor had written. It needs no style of the
 * app. Its sentence has a place on the page before there is one: screen readers announce what changes, not what is new.
 */
export function RenewedNotice({ restored, onClose }: Props) {
  return (
    <div style={restored ? BOX : EMPTY}>
      <p role="status" style={{ margin: 0 }}>
        {restored && sentenceFor(restored)}
      </p>
      {restored && restored.lost.length > 0 && (
        <dl style={LIST}>
          {restored.lost.map(({ name, value }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two fields may have the same name and value, and none moves.
            <div key={index}>
              <dt style={{ opacity: 0.75 }}>{name}</dt>
              <dd style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {restored && (
        <button type="button" onClick={onClose} style={BUTTON}>
          Close
        </button>
      )}
    </div>
  )
}

function sentenceFor({ lost }: Restored): string {
  return lost.length === 0
    ? 'This page was renewed. What you had written is still here, but was not sent: send it again.'
    : 'This page was renewed, and what you had written was not sent. Its form has changed, so here it is to copy:'
}

/** Out of the way of the app's own layout. */
const EMPTY: CSSProperties = { position: 'absolute' }
const BOX: CSSProperties = {
  position: 'fixed',
  zIndex: 1000,
  insetInline: '1rem',
  bottom: '1rem',
  maxWidth: '34rem',
  marginInline: 'auto',
  padding: '0.875rem 1.125rem',
  border: '1px solid',
  borderRadius: '0.5rem',
  background: 'Canvas',
  color: 'CanvasText',
  fontSize: '0.9375rem',
  lineHeight: 1.5,
}
const LIST: CSSProperties = {
  display: 'grid',
  gap: '0.5rem',
  maxHeight: '40vh',
  margin: '0.625rem 0 0',
  overflow: 'auto',
}
const BUTTON: CSSProperties = {
  marginTop: '0.5rem',
  padding: '0.25rem 0',
  border: 0,
  background: 'none',
  color: 'inherit',
  font: 'inherit',
  fontWeight: 500,
  textDecoration: 'underline',
  textUnderlineOffset: '4px',
  cursor: 'pointer',
}
