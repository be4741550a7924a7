'use client'

import { useEffect, useState } from 'react'

/** Which page this is, and of which build. Before React has taken it over, a link in it is no more than a link. */
export function Place({ name, build }: { name: string; build: string }) {
  const [isAlive, setIsAlive] = useState(false)
  useEffect(() => setIsAlive(true), [])
  return (
    <h1 data-alive={isAlive}>
      Page <span data-testid="page-name">{name}</span> of <code data-testid="page-build">{build}</code>
    </h1>
  )
}
