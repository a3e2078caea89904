import type { Channel } from './channel.ts'

/** A leg that listens in on another, and to whom it speaks. */
export type Spy = {
  leg: Channel
  target: Channel
  /** toTarget: whispers to the one listened to. forTarget: is heard by the other side, as if the target spoke. */
  speaks: { toTarget: boolean; forTarget: boolean }
}

/**
 * The application `eavesdrop <uuid>`: hears both sides until the target ends or `*` is pressed. Keys: 1 speaks to the other
 * half, 2 to the one listened to, 3 to both, 0 to nobody [captured]. Nobody there: ends at once.
 */
export async function eavesdrop(leg: Channel, data: string): Promise<undefined> {
  const { core } = leg
  const target = core.channels.get(data.trim())
  if (!target?.alive || target === leg) return undefined
  if (!leg.answered) leg.progressMedia()
  const takesKeys = (leg.get('eavesdrop_enable_dtmf') ?? 'true') === 'true'
  const says = (name: string) => leg.get(name) === 'true'
  const spy: Spy = {
    leg,
    target,
    speaks: { toTarget: says('eavesdrop_whisper_bleg'), forTarget: says('eavesdrop_whisper_aleg') },
  }
  const bug = { 'Media-Bug-Function': 'eavesdrop', 'Media-Bug-Target': target.uuid }
  const watch = () => leg.poke()
  target.watchers.add(watch)
  target.spies.add(spy)
  leg.spying = spy
  core.listen()
  target.emit('MEDIA_BUG_START', bug)
  for (;;) {
    const woken = await leg.pass(Number.POSITIVE_INFINITY, takesKeys, () => !target.alive)
    if (woken === 'abort' || woken === 'until') break
    if (woken !== 'key') continue
    const digit = leg.takeKey()
    if (digit === '*') break
    const mode = digit === undefined ? -1 : '0123'.indexOf(digit)
    if (mode < 0) continue
    spy.speaks = { forTarget: (mode & 1) > 0, toTarget: (mode & 2) > 0 }
    core.listen()
  }
  target.watchers.delete(watch)
  target.spies.delete(spy)
  leg.spying = undefined
  core.listen()
  target.emit('MEDIA_BUG_STOP', bug)
  return undefined
}
