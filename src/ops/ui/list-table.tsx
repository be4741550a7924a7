import type { ReactNode } from 'react'

type Props = {
  /** `width` is a class, and may hold more that the head of the column is to have. */
  columns: readonly { name: string; width: string }[]
  /** The rows. */
  children: ReactNode
}

/** The frame and the head of a list; on a phone, where each row becomes a block, there is no head. */
export function ListTable({ columns, children }: Props) {
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      <table className="w-full table-fixed border-collapse text-sm max-md:block">
        <thead className="border-b border-line max-md:hidden">
          <tr>
            {columns.map(({ name, width }) => (
              <th
                key={name}
                scope="col"
                className={`label px-1.5 py-1.5 text-left font-normal first:pl-4 last:pr-4 ${width}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line max-md:block">{children}</tbody>
      </table>
    </div>
  )
}
