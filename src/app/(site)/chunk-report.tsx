'use client'

import prettyBytes from 'pretty-bytes'
import { useState } from 'react'
import { builtAs } from '../../config/built-as.ts'

/** Which build this chunk was compiled into, and what the tab has fetched of it. */
export function ChunkReport({ pageBuild }: { pageBuild: string | null }) {
  const [files] = useState(readStaticFiles)
  const isSame = pageBuild === null || pageBuild === builtAs
  return (
    <div className="text-sm" data-testid="chunk-report">
      <p>
        This part is of build{' '}
        <code data-testid="chunk-build" className="font-mono">
          {builtAs}
        </code>
        ,{' '}
        {isSame ? (
          <span className="text-good">the same as the page’s.</span>
        ) : (
          <span className="text-problem">not the page’s.</span>
        )}
      </p>
      <p className="mt-2 text-soft">
        {files.count} static files loaded, {prettyBytes(files.bytes)} before compression
        {files.cached > 0 ? `, ${files.cached} of them from the browser’s cache` : ''}.
      </p>
    </div>
  )
}

function readStaticFiles(): { count: number; bytes: number; cached: number } {
  const files = performance
    .getEntriesByType('resource')
    .filter((entry) => entry instanceof PerformanceResourceTiming)
    .filter((entry) => new URL(entry.name).pathname.startsWith('/_next/static/'))
  return {
    count: files.length,
    bytes: files.reduce((sum, file) => sum + file.decodedBodySize, 0),
    cached: files.filter((file) => file.transferSize === 0 && file.decodedBodySize > 0).length,
  }
}
