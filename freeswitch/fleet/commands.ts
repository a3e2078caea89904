// What a command is about, so that it reaches the right switch.
export type Asked =
  /** Of the switch of the first of these legs that is known. */
  | { kind: 'leg'; legs: string[] }
  | { kind: 'exists'; leg: string }
  | { kind: 'dump'; leg: string }
  | { kind: 'originate'; id: string | undefined; beside: string[]; extensions: string[] }
  | { kind: 'channels' }
  /** A setting: every switch. */
  | { kind: 'everywhere' }
  /** A question that any switch answers as well, unless it names one of these. */
  | { kind: 'any'; legs: string[] }

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const settings = /^(reloadxml|reloadacl|global_setvar|fsctl|sofia (profile|global)|xml_flush_cache)\b/
const user = /\buser\/([0-9]{2,8})@([A-Za-z0-9.-]+)/g

export function readCommand(command: string, domain: string): Asked {
  const [verb = '', first = '', second = ''] = command.split(/\s+/, 3)
  if (verb === 'uuid_exists') return { kind: 'exists', leg: first }
  if (verb === 'uuid_dump') return { kind: 'dump', leg: first }
  // `uuid_hold off <uuid>`: the leg may come second.
  if (verb.startsWith('uuid_')) return { kind: 'leg', legs: [first, second].filter((word) => word !== '') }
  if (verb === 'originate') {
    const list = /^originate\s+\{([^}]*)\}/.exec(command)?.[1] ?? ''
    const variable = (name: string) => new RegExp(`(?:^|,)${name}=([^,]+)`).exec(list)?.[1]
    const id = variable('origination_uuid')
    const caller = variable('vera_caller')
    const others = [...command.matchAll(uuids)].map(([uuid]) => uuid).filter((uuid) => uuid !== id)
    const extensions = [...command.matchAll(user)].flatMap(([, ext, at]) => (at === domain ? [ext as string] : []))
    return { kind: 'originate', id, beside: caller ? [caller, ...others] : others, extensions }
  }
  if (/^show channels as json$/.test(command)) return { kind: 'channels' }
  if (settings.test(command)) return { kind: 'everywhere' }
  return { kind: 'any', legs: [...command.matchAll(uuids)].map(([uuid]) => uuid) }
}

/** The command with each phone of the domain dialled as `dial` says; the new leg's id goes along as a SIP header. */
export function throughNodes(
  command: string,
  { domain, id, header }: { domain: string; id: string | undefined; header: string },
  dial: (extension: string) => string,
): string {
  const text = command.replace(user, (whole, extension: string, at: string) => {
    return at === domain ? dial(extension) : whole
  })
  return id && text.includes('sofia/nodes/') ? text.replace('{', `{sip_h_${header}=${id},`) : text
}
