import type { LiveAcross, Whom } from '../live/index.ts'
import type { Bus } from './bus.ts'

const TOPICS = 'live'
const GATHER_MS = 100

/** Live topics to the browsers of other servers; many changes of one kind within a tenth of a second are one. */
export function liveAcross(bus: Pick<Bus, 'publish' | 'on' | 'onGap' | 'receiving' | 'hasPeers'>): LiveAcross {
  const gathered = new Map<string, [topic: string, whom: Whom]>()
  let pending = false
  return {
    tell(topic, whom) {
      // What another server's news brought about, the others bring about by themselves.
      if (bus.receiving || !bus.hasPeers) return
      gathered.set(`${topic} ${whom.agencyId ?? ''} ${whom.userId ?? ''} ${whom.key ?? ''}`, [topic, whom])
      if (pending) return
      pending = true
      setTimeout(() => {
        pending = false
        bus.publish(TOPICS, [...gathered.values()])
        gathered.clear()
      }, GATHER_MS).unref()
    },
    onTold(listener) {
      const stops = [
        bus.on(TOPICS, (message) => {
          for (const [topic, whom] of message as [string, Whom][]) listener(String(topic), whom ?? {})
        }),
        bus.onGap(() => listener(undefined, {})),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
