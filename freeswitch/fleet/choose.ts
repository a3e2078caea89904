import { SwitchError } from '../esl/types.ts'
import type { Member } from './member.ts'

type Places = {
  members: readonly Member[]
  domain: string
  registeredAt?(extension: string): readonly string[]
  legsOn(name: string): number
  reason: string
}

/** For a call that belongs nowhere yet: who is registered there needs no way between nodes, then the fewest legs. */
export function freest({ members, registeredAt, legsOn, reason }: Places, extensions: string[]): Member {
  const up = members.filter((member) => member.up)
  const open = up.filter((member) => !member.draining)
  let choice = open.length > 0 ? open : up
  for (const extension of extensions) {
    const names = registeredAt?.(extension)
    const near = names ? choice.filter(({ name }) => names.includes(name)) : []
    if (near.length > 0) choice = near
  }
  const [first, ...rest] = choice
  if (!first) throw new SwitchError('switch.down', reason)
  return rest.reduce((a, b) => (legsOn(b.name) < legsOn(a.name) ? b : a), first)
}

/** Dial string of a phone for a leg on `from`: by itself when it is registered there, else through its own node. */
export function dialFrom({ members, registeredAt, domain }: Places, from: Member | undefined, extension: string) {
  const here = `user/${extension}@${domain}`
  const names = registeredAt?.(extension) ?? []
  if (!from || names.length === 0 || names.includes(from.name)) return here
  const away = members.filter(({ name, sip }) => sip && names.includes(name))
  const { sip } = away.find((member) => member.up) ?? away[0] ?? {}
  if (!sip) return here
  return `sofia/nodes/sip:${extension}@${sip.host.includes(':') ? `[${sip.host}]` : sip.host}:${sip.nodesPort}`
}
