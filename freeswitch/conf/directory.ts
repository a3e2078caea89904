import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A phone that may register. */
export type PhoneUser = { extension: string; name: string; password?: string }

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

/**
 * Writes `<folder>/directory/agents.xml`: the users that may register in `domain`, each with a random password unless it
 * brings one. Replaces the file whole; tell a running switch with `reloadxml`. Returns the users with their passwords.
 */
export async function writeDirectory(
  folder: string,
  domain: string,
  users: PhoneUser[],
): Promise<Required<PhoneUser>[]> {
  const complete = users.map(({ extension, name, password }) => {
    if (!/^[0-9]{2,8}$/.test(extension)) throw new Error(`Extension ${JSON.stringify(extension)} is not 2 to 8 digits`)
    return { extension, name, password: password ?? randomBytes(15).toString('base64url') }
  })
  const lines = complete.map(
    ({ extension, name, password }) => `  <user id="${extension}">
    <params><param name="password" value="${xmlAttribute(password)}"/></params>
    <variables>
      <variable name="user_context" value="agents"/>
      <variable name="effective_caller_id_name" value="${xmlAttribute(name)}"/>
      <variable name="effective_caller_id_number" value="${extension}"/>
    </variables>
  </user>`,
  )
  // `sofia/agents/<user>%<domain>` looks the registration up without needing ${sofia_contact()}, that is, api-expansion.
  const text = `<include>
<domain name="${xmlAttribute(domain)}">
  <params><param name="dial-string" value="{sip_invite_domain=${xmlAttribute(domain)}}sofia/agents/\${dialed_user}%${xmlAttribute(domain)}"/></params>
  <groups><group name="agents"><users>
${lines.join('\n')}
  </users></group></groups>
</domain>
</include>
`
  const target = join(folder, 'directory')
  await mkdir(target, { recursive: true, mode: 0o700 })
  await writeFile(join(target, 'agents.xml.new'), text, { mode: 0o600 })
  await rename(join(target, 'agents.xml.new'), join(target, 'agents.xml'))
  return complete
}

/** The extensions in a directory written by `writeDirectory`; empty if there is none. */
export async function directoryExtensions(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'directory', 'agents.xml'), 'utf8').catch(() => '')
  return [...text.matchAll(/<user id="([0-9]+)">/g)].map((match) => match[1] as string)
}
