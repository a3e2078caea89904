// Phones that share no codec with the switch: they register and look well, but no call of theirs comes about.
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import { phoneOf } from './registrations.ts'

export type Mismatch = { extension: string; user: string; count: number; lastAt: number }

const dayMs = 86_400_000

/** Remembers, a day long, whose calls ended for want of a codec. `extensions` that are none of ours are left out. */
export function createMismatches(now: () => number) {
  const held = new Map<string, Mismatch>()
  return {
    /** What was booked of the end of a leg, if that was its reason. */
    heard({ name, headers }: SwitchEvent): Mismatch | undefined {
      if (name !== 'CHANNEL_HANGUP_COMPLETE' || headers['Hangup-Cause'] !== 'INCOMPATIBLE_DESTINATION') return undefined
      const user = /^sofia\/agents\/([^@/]{1,40})/.exec(headers['Channel-Name'] ?? '')?.[1] ?? ''
      const who = phoneOf(user)
      // What an agent dialled may well be refused by the other side: only a leg towards the phone tells of the phone.
      if (!who || headers['Call-Direction'] !== 'outbound') return undefined
      const { extension } = who
      const count = (held.get(user)?.count ?? 0) + 1
      const mismatch = { extension, user, count, lastAt: now() }
      held.set(user, mismatch)
      if (held.size > 1_000) held.delete(held.keys().next().value as string)
      return mismatch
    },
    of(extension: string): Mismatch | undefined {
      const found = [...held.values()].filter((one) => one.extension === extension && one.lastAt > now() - dayMs)
      return found.sort((a, b) => b.lastAt - a.lastAt)[0]
    },
  }
}
