import type { ApiActions, Where } from '@/components/actions'
import { Section } from '@/components/ui/parts'
import { WhitelistRow } from '@/components/whitelist/whitelist-row'
import { can, type MerchantState, type Role } from '@/lib/access/model'
import type { ApiUserView } from '@/lib/credentials/model'
import type { WhitelistView } from '@/lib/whitelist/model'
import { manageWords as words } from '@/lib/words/api'
import { ApiSwitch, MoneyOutSwitch } from './api-switch'

type Props = {
  apiUser: ApiUserView
  whitelist: WhitelistView
  role: Role
  merchantState: MerchantState
  where: Where
  /** The viewer's address as the server sees it. */
  address: string
  actions: ApiActions
}

/** *Manage API access*: from where, whether at all, and whether money may leave. */
export function ManageSection({ apiUser, whitelist, role, merchantState, where, address, actions }: Props) {
  const active = merchantState === 'active'
  const hosts = (apiUser.current?.hostsLastHour ?? 0) + (apiUser.retiring?.hostsLastHour ?? 0)
  const { openTicket, changeWhitelist, turnWhitelistOff, turnWhitelistOn } = actions
  return (
    <Section id="manage" title={words.title} why={<p>{words.why}</p>}>
      <div className="card">
        <WhitelistRow
          view={whitelist}
          where={where}
          address={address}
          canChange={active && can(role, 'api_whitelist.change')}
          canTurnOff={active && can(role, 'api_whitelist.turn_off')}
          actions={{ openTicket, changeWhitelist, turnWhitelistOff, turnWhitelistOn }}
        />
        <ApiSwitch
          on={apiUser.on}
          may={active && can(role, 'api_user.switch')}
          yours={can(role, 'api_user.switch')}
          hostsLastHour={hosts}
          where={where}
          actions={{ openTicket, switchOn: actions.switchOn, switchOff: actions.switchOff }}
        />
        <MoneyOutSwitch
          on={apiUser.moneyOut}
          may={active && can(role, 'money_out.switch')}
          yours={can(role, 'money_out.switch')}
          whitelistOn={whitelist.state === 'on'}
          where={where}
          actions={{ openTicket, allowMoneyOut: actions.allowMoneyOut, forbidMoneyOut: actions.forbidMoneyOut }}
        />
      </div>
    </Section>
  )
}
