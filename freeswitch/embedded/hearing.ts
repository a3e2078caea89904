import type { Channel } from './channel.ts'

/**
 * Who hears whom: a voice is `murmur` (a simulated person), `tone:<Hz>` (a tone that is played, or the variable `vera_tone`
 * of a leg) or `sound` (any other file or stream). Both sides of a recording are made of them.
 */
export type Voices = ReadonlySet<string>

function ofSound(sound: string): string[] {
  if (!sound.startsWith('tone_stream://')) return ['sound']
  const [, list = ''] = /%\(\s*\d+\s*\\?,\s*\d+\s*((?:\\?,\s*\d+(?:\.\d+)?\s*)+)/.exec(sound) ?? []
  return list
    .split(',')
    .map((part) => Number(part.replace('\\', '')))
    .filter((hertz) => hertz > 0)
    .map((hertz) => `tone:${hertz}`)
}

/** What comes in from the leg's far end. */
function voice(leg: Channel, seen: Set<Channel>): string[] {
  if (!leg.answered && leg.direction === 'outbound') return []
  const other = leg.link
  if (other) {
    // What is written to one half comes in at the other.
    if (seen.has(other)) return []
    return heard(other, new Set(seen).add(leg))
  }
  const tone = leg.get('vera_tone')
  return [tone ? `tone:${tone}` : 'murmur']
}

/** What the leg says to others: its own voice, and that of a supervisor who speaks in its place (key 1 or 3). */
function says(leg: Channel, seen: Set<Channel>): string[] {
  const spies = [...leg.spies].filter((spy) => spy.speaks.forTarget)
  return [...voice(leg, seen), ...spies.flatMap((spy) => voice(spy.leg, seen))]
}

/** What is written to the leg. */
function heard(leg: Channel, seen: Set<Channel>): string[] {
  const whispered = [...leg.spies].filter((spy) => spy.speaks.toTarget).flatMap((spy) => voice(spy.leg, seen))
  if (leg.playing) return [...ofSound(leg.playing), ...whispered]
  if (leg.spying) {
    const { target } = leg.spying
    return [...voice(target, seen), ...(target.peer ? says(target.peer, seen) : [])]
  }
  if (leg.member) {
    const { member } = leg
    if (member.deaf) return whispered
    return [
      ...[...member.conference.members.values()]
        .filter((other) => other !== member && !other.muted)
        .flatMap((other) => says(other.leg, seen)),
      ...whispered,
    ]
  }
  return [...(leg.peer?.alive ? says(leg.peer, seen) : []), ...whispered]
}

/** Both sides of a leg now: what it says (left of a stereo recording) and what it hears (right). */
export function sidesOf(leg: Channel): { left: Voices; right: Voices } {
  return { left: new Set(says(leg, new Set([leg]))), right: new Set(heard(leg, new Set([leg]))) }
}
