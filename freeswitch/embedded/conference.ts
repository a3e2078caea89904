import { randomUUID } from 'node:crypto'
import type { Channel, Headers } from './channel.ts'
import type { Core } from './core.ts'

export type Conference = { name: string; uuid: string; startedAt: number; members: Map<number, Member> }
export type Member = {
  id: number
  conference: Conference
  leg: Channel
  muted: boolean
  deaf: boolean
  /** Sent away by a command. */
  out: boolean
  joinedAt: number
}

function tell(core: Core, conference: Conference, action: string, member?: Member): void {
  const about: Headers = {
    'Event-Subclass': 'conference::maintenance',
    'Conference-Name': conference.name,
    'Conference-Size': String(conference.members.size),
    'Conference-Ghosts': '0',
    'Conference-Profile-Name': 'default',
    'Conference-Unique-ID': conference.uuid,
    Action: action,
  }
  if (member) {
    about['Member-ID'] = String(member.id)
    about['Member-Type'] = 'member'
    about.Hear = String(!member.deaf)
    about.Speak = String(!member.muted)
    about.Talking = 'false'
  }
  core.emit('CUSTOM', member?.leg, about, false)
}

/** The application `conference <name>[@profile][+pin][+flags{...}]`: in it until kicked, ended or sent elsewhere. */
export async function conferenceApplication(leg: Channel, data: string): Promise<undefined> {
  const { core } = leg
  const name = /^[^@+]*/.exec(data.trim())?.[0] ?? ''
  const flags = /\+flags\{([^}]*)\}/.exec(data)?.[1]?.split(/[|,]/) ?? []
  if (!name) return undefined
  leg.answer()
  let conference = core.conferences.get(name)
  if (!conference) {
    conference = { name, uuid: randomUUID(), startedAt: core.clock.now(), members: new Map() }
    core.conferences.set(name, conference)
    tell(core, conference, 'conference-create')
  }
  const member: Member = {
    ...{ id: ++core.conferenceMembers, conference, leg, out: false, joinedAt: core.clock.now() },
    muted: flags.includes('mute'),
    deaf: flags.includes('deaf'),
  }
  conference.members.set(member.id, member)
  leg.member = member
  leg.set('conference_name', name)
  leg.set('conference_member_id', String(member.id))
  leg.set('conference_uuid', conference.uuid)
  core.listen()
  tell(core, conference, 'add-member', member)
  if (conference.members.size === 2) tell(core, conference, 'floor-change', member)
  for (;;) {
    const woken = await leg.pass(Number.POSITIVE_INFINITY, true, () => member.out)
    if (woken === 'abort' || woken === 'until') break
    if (woken === 'key') leg.takeKey()
  }
  conference.members.delete(member.id)
  leg.member = undefined
  core.listen()
  tell(core, conference, 'del-member', member)
  if (flags.includes('endconf')) for (const other of conference.members.values()) sendOut(other)
  if (conference.members.size === 0 && core.conferences.get(name) === conference) {
    core.conferences.delete(name)
    tell(core, conference, 'conference-destroy')
  }
  return undefined
}

function sendOut(member: Member): void {
  member.out = true
  member.leg.poke()
}

function rows({ members }: Conference): string {
  return [...members.values()]
    .reverse()
    .map(({ id, leg, muted, deaf }) => {
      const can = [...(deaf ? [] : ['hear']), ...(muted ? [] : ['speak'])].join('|')
      return `${id};${leg.name};${leg.uuid};${leg.profile.calleeName || leg.profile.name};${leg.profile.number};${can};0;0;0\n`
    })
    .join('')
}

function asJson(core: Core, conferences: Conference[]): string {
  return JSON.stringify(
    conferences.map((conference) => ({
      conference_name: conference.name,
      member_count: conference.members.size,
      ghost_count: 0,
      rate: 8000,
      run_time: Math.floor((core.clock.now() - conference.startedAt) / 1000),
      conference_uuid: conference.uuid,
      locked: false,
      running: true,
      answered: true,
      dynamic: true,
      recording: false,
      variables: {},
      members: [...conference.members.values()].reverse().map((member) => ({
        type: 'caller',
        id: member.id,
        flags: {
          ...{ can_hear: !member.deaf, can_see: true, can_speak: !member.muted, hold: false, talking: false },
          ...{ has_video: false, has_floor: false, is_moderator: false, end_conference: false },
        },
        uuid: member.leg.uuid,
        caller_id_name: member.leg.profile.calleeName || member.leg.profile.name,
        caller_id_number: member.leg.profile.number,
        join_time: Math.floor((core.clock.now() - member.joinedAt) / 1000),
        last_talking: 0,
      })),
    })),
  )
}

const deeds: Record<string, { action: string; said: string; act(member: Member): unknown }> = {
  mute: { action: 'mute-member', said: 'mute', act: (member) => Object.assign(member, { muted: true }) },
  unmute: { action: 'unmute-member', said: 'unmute', act: (member) => Object.assign(member, { muted: false }) },
  deaf: { action: 'deaf-member', said: 'deaf', act: (member) => Object.assign(member, { deaf: true }) },
  undeaf: { action: 'undeaf-member', said: 'undeaf', act: (member) => Object.assign(member, { deaf: false }) },
  kick: { action: 'kick-member', said: 'kicked', act: sendOut },
  hup: { action: 'hup-member', said: 'hup', act: sendOut },
}

/** The command `conference <name> list|json_list|mute|unmute|deaf|undeaf|kick|hup [<member>|all|last]`. */
export function conferenceCommand(core: Core, line: string): string {
  const [name = '', verb = '', which = ''] = line.trim().split(/\s+/)
  const all = [...core.conferences.values()]
  if (name === 'list') {
    if (all.length === 0) return '+OK No active conferences.\n'
    return all
      .map(
        (conference) =>
          `+OK Conference ${conference.name} (${conference.members.size} member${conference.members.size === 1 ? '' : 's'} rate: 8000 flags: running|answered|enforce_min|dynamic|exit_sound|enter_sound)\n${rows(conference)}`,
      )
      .join('')
  }
  if (name === 'json_list') return `${asJson(core, all)}\n`
  const conference = core.conferences.get(name)
  if (!conference) return `-ERR Conference ${name} not found\n`
  if (verb === 'list') return which === 'count' ? `${conference.members.size}\n` : rows(conference)
  if (verb === 'json_list') return `${asJson(core, [conference])}\n`
  const deed = deeds[verb]
  if (!deed) return `-ERR Conference command '${verb}' not found.\n`
  const ids =
    which === 'all'
      ? [...conference.members.keys()]
      : [which === 'last' ? [...conference.members.keys()].at(-1) : Number(which)]
  let said = ''
  for (const id of ids) {
    const member = conference.members.get(id ?? 0)
    if (!member) return `-ERR Non-Existant ID ${which}\n`
    tell(core, conference, deed.action, member)
    deed.act(member)
    said += `+OK ${deed.said} ${member.id}\n`
  }
  core.listen()
  return said
}
