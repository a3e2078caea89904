import { createHash, randomBytes } from 'node:crypto'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** What SIP's digest and the switch's directory call a1: md5(user:domain:password) (RFC 2617, 3.2.2.2). */
export const a1Hash = (user: string, domain: string, password: string) => md5(`${user}:${domain}:${password}`)

/** 24 characters without those that are mistaken for one another on a phone's keypad or paper (about 137 bits). */
export function generatePassword(): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'
  let password = ''
  // 56 letters: bytes from 224 up would favour the first ones.
  while (password.length < 24)
    for (const byte of randomBytes(32)) if (byte < 224 && password.length < 24) password += letters[byte % 56]
  return password
}

/** What the switch tells of a phone that answered its challenge. */
export type Digest = {
  nonce: string
  uri: string
  method: string
  response: string
  qop?: string | undefined
  cnonce?: string | undefined
  nc?: string | undefined
}

/** Whether a phone with this a1 gives this answer (RFC 2617, 3.2.2.1). */
export function answers(a1: string, digest: Digest): boolean {
  const a2 = md5(`${digest.method}:${digest.uri}`)
  const middle = digest.qop ? `${digest.nonce}:${digest.nc ?? ''}:${digest.cnonce ?? ''}:${digest.qop}` : digest.nonce
  return md5(`${a1}:${middle}:${a2}`) === digest.response
}
