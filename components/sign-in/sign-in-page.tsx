import { Mark } from '@/components/ui/arch'
import { ServerClock } from '@/components/ui/clock'
import { product } from '@/lib/words/common'
import { signInWords as words } from '@/lib/words/sign-in'
import { SignInForm, type SignInProps } from './sign-in-form'

type Props = SignInProps & { now: Date; host: string; address: string; left: boolean }

/** The arch at the left, the form at the right. */
export function SignInPage({ now, host, address, left, ...form }: Props) {
  return (
    <ServerClock now={now}>
      <div className="sign-in">
        <header className="sign-in-l">
          <span className="brand">
            <Mark />
            <span>{product}</span>
          </span>
          <Portcullis />
          <p>{words.art}</p>
        </header>
        <main className="sign-in-r">
          <SignInForm {...form} host={host} address={address} left={left} />
        </main>
      </div>
    </ServerClock>
  )
}

const bars = [90, 134, 178, 222, 266, 310]

const Portcullis = () => (
  <svg
    className="art"
    viewBox="0 0 400 520"
    fill="none"
    stroke="currentColor"
    preserveAspectRatio="xMidYMax meet"
    aria-hidden="true"
  >
    <clipPath id="arch-opening">
      <path d="M60 520V210a140 140 0 0 1 280 0v310z" />
    </clipPath>
    <path className="hollow" stroke="none" d="M60 520V210a140 140 0 0 1 280 0v310z" />
    <g clipPath="url(#arch-opening)" strokeWidth="7">
      <path d={`${bars.map((x) => `M${x} 60v196`).join('')}M60 122h280M60 172h280M60 222h280`} />
      <path fill="currentColor" stroke="none" d={bars.map((x) => `M${x - 7} 254h14l-7 20z`).join('')} />
    </g>
    <path strokeWidth="3" d="M60 520V210a140 140 0 0 1 280 0v310M28 520V206a172 172 0 0 1 344 0v314" />
  </svg>
)
