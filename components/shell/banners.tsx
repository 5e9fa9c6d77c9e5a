import { Arch } from '@/components/ui/arch'
import { Info } from '@/components/ui/icons'
import { Instant } from '@/components/ui/instant'
import type { MerchantState } from '@/lib/access/model'
import { bannerWords as words } from '@/lib/words/shell'

type Props = {
  demo: boolean
  insecure?: boolean
  merchant: { state: MerchantState; reason: string | null; since: Date } | null
}

/** Speak for the whole account: the worst one, and the demo's own strip. */
export function Banners({ demo, insecure = false, merchant }: Props) {
  if (!demo && !insecure && (merchant === null || merchant.state === 'active')) return null
  return (
    <section aria-label={words.label}>
      {demo && (
        <div className="banner demo">
          <div>
            <Info size="s" />
            <p>
              <b>{words.demo.title}</b> {words.demo.text}
            </p>
          </div>
        </div>
      )}
      {merchant?.state === 'suspended' ? (
        <div className="banner stop">
          <div>
            <Arch tone="stop" />
            <p>
              <b>{words.suspended.title}</b> {words.suspended.since} <Instant at={merchant.since} />.{' '}
              {words.suspended.rest}
              {merchant.reason ? words.suspended.quote(merchant.reason) : '.'}
            </p>
          </div>
        </div>
      ) : insecure ? (
        <div className="banner warn">
          <div>
            <Arch tone="warn" />
            <p>
              <b>{words.insecure.title}</b> {words.insecure.text}
            </p>
          </div>
        </div>
      ) : (
        merchant?.state === 'pending' && (
          <div className="banner wait">
            <div>
              <Arch tone="wait" />
              <p>
                <b>{words.pending.title}</b> {words.pending.text}
              </p>
            </div>
          </div>
        )
      )}
    </section>
  )
}
