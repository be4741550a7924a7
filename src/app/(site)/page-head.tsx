export function PageHead({ title, lead }: { title: string; lead: string }) {
  return (
    <div className="mb-8">
      <h1 className="text-balance font-semibold text-3xl tracking-tight">{title}</h1>
      <p className="mt-3 max-w-2xl text-pretty text-soft leading-relaxed">{lead}</p>
    </div>
  )
}
