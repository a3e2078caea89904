import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A phone that may register. */
export type PhoneUser = {
  extension: string
  name: string
  /** In clear; neither this nor `a1Hash`: a random one is made. */
  password?: string
  /** md5(extension:domain:password), which is all that the switch needs. */
  a1Hash?: string
  /** As `a1Hash`, for the browser's softphone, the user `<extension>-web`; both ring. */
  webA1Hash?: string
  /** Ask the phone to answer by itself. */
  autoAnswer?: boolean
  /** Which of the two to ring; unset: whichever may be registered. */
  ring?: ('desk' | 'browser')[]
}

/** The example centre's phones. */
export const exampleUsers: PhoneUser[] = Array.from({ length: 15 }, (_, index) => ({
  extension: String(1001 + index),
  name: `Puesto ${index + 1}`,
}))

/** Text as an XML attribute's value; `$` too, since the switch's preprocessor would expand `$${...}`. */
export function xmlAttribute(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f\ufffe\uffff]/g, ' ')
    .replace(/[&<>"'$]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The user name of the browser's softphone of an extension. */
export const browserUser = (extension: string) => `${extension}-web`

const param = (name: string, value: string) => `<param name="${name}" value="${xmlAttribute(value)}"/>`
const variable = (name: string, value: string) => `<variable name="${name}" value="${xmlAttribute(value)}"/>`

/** What `user/<extension>@<domain>` rings. */
function dialStringOf(user: PhoneUser, domain: string): string {
  const kinds = user.ring ?? (user.webA1Hash ? ['desk', 'browser'] : ['desk'])
  // `sofia/agents/<user>%<domain>` looks the registration up without needing ${sofia_contact()}, that is, api-expansion.
  const legs = kinds.map((kind) => {
    const name = kind === 'browser' ? browserUser(user.extension) : user.extension
    return `sofia/agents/${name}%${domain}`
  })
  // answer-after=0 goes in Call-Info; the NOTIFY `talk` of some desk phones would be refused by browsers.
  const answers = user.autoAnswer ? ',sip_auto_answer=true,sip_auto_answer_suppress_notify=true' : ''
  return `{sip_invite_domain=${domain}${answers}}${legs.join(',')}`
}

/** The `<user>` elements of one phone: the extension and, if it has one, its softphone. @throws Error on an odd value */
export function userXml(user: PhoneUser, domain: string): string {
  const { extension, name, a1Hash, webA1Hash } = user
  if (!/^[0-9]{2,12}$/.test(extension)) throw new Error(`Extension ${JSON.stringify(extension)} is not 2 to 12 digits`)
  for (const hash of [a1Hash, webA1Hash])
    if (hash !== undefined && !/^[0-9a-f]{32}$/.test(hash)) throw new Error(`${extension}: not an a1-hash`)
  const one = (id: string, secret: string, dial: string) => `  <user id="${id}">
    <params>${secret}${dial}</params>
    <variables>
      ${variable('user_context', 'agents')}
      ${variable('effective_caller_id_name', name)}
      ${variable('effective_caller_id_number', extension)}
    </variables>
  </user>`
  const special = webA1Hash !== undefined || user.autoAnswer || user.ring !== undefined
  const users = [
    one(
      extension,
      a1Hash === undefined
        ? param('password', user.password ?? randomBytes(15).toString('base64url'))
        : param('a1-hash', a1Hash),
      special ? param('dial-string', dialStringOf(user, domain)) : '',
    ),
  ]
  if (webA1Hash !== undefined) users.push(one(browserUser(extension), param('a1-hash', webA1Hash), ''))
  return users.join('\n')
}

/** The `<domain>` element around `users` (what `userXml` gives). */
export function domainXml(domain: string, users: string[]): string {
  const name = xmlAttribute(domain)
  return `<domain name="${name}">
  <params><param name="dial-string" value="{sip_invite_domain=${name}}sofia/agents/\${dialed_user}%${name}"/></params>
  <groups><group name="agents"><users>
${users.join('\n')}
  </users></group></groups>
</domain>`
}

/**
 * Writes `<folder>/directory/agents.xml`: the users that may register in `domain`, each with a random password unless it
 * brings one. Replaces the file whole; tell a running switch with `reloadxml`. Returns the users with their passwords.
 */
export async function writeDirectory<User extends PhoneUser>(
  folder: string,
  domain: string,
  users: User[],
): Promise<(User & { password?: string })[]> {
  const complete = users.map((user) =>
    user.a1Hash === undefined ? { ...user, password: user.password ?? randomBytes(15).toString('base64url') } : user,
  )
  const text = domainXml(
    domain,
    complete.map((user) => userXml(user, domain)),
  )
  await replaceFile(join(folder, 'directory'), 'agents.xml', `<include>\n${text}\n</include>\n`)
  return complete
}

/** Replaces `<folder>/<name>` whole, mode 0600; a reader sees the old text or the new one. */
export async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, `${name}.new`), text, { mode: 0o600 })
  await rename(join(folder, `${name}.new`), join(folder, name))
}

/** The extensions in a directory written by `writeDirectory`, without their softphones; undefined if there is none. */
export async function directoryExtensions(folder: string): Promise<string[] | undefined> {
  const text = await readFile(join(folder, 'directory', 'agents.xml'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : [...text.matchAll(/<user id="([0-9]+)">/g)].map((match) => match[1] as string)
}
