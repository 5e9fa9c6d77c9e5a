import type { ReactNode } from 'react'

/** Title, one sentence that says what the page is for, actions at the right. */
export function PageHead({ title, why, children }: { title: string; why?: ReactNode; children?: ReactNode }) {
  return (
    <div className="head">
      <div>
        <h1 className="text-title">{title}</h1>
        {why && <p>{why}</p>}
      </div>
      {children && <div className="acts flex flex-wrap items-center gap-2">{children}</div>}
    </div>
  )
}
