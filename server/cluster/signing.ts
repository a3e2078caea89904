// What servers say to each other is signed with a secret that all of them have, once and for a minute.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

const SKEW_MS = 60_000
const KEPT = 50_000

/** The servers' own key, from the secret of sessions that they share already. */
export const clusterKey = (sessionSecret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', sessionSecret, '', 'vera cluster', 32))

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Signature of a text, for a way that carries no headers. */
export const signText = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url')

export function sameSignature(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)]
  return one.length === two.length && timingSafeEqual(one, two)
}

/** Value of `authorization` for a POST with this body. */
export function authorization(key: Buffer, path: string, body: string, at: number, nonce: string): string {
  return `Vera-Cluster ${at}.${nonce}.${signText(key, `${path}\n${at}\n${nonce}\n${hash(body)}`)}`
}

/** Says whether such a value is good; each is good once. */
export function createVerifier(key: Buffer, now: () => number) {
  const used = new Map<string, number>()
  return (header: string | undefined, path: string, body: string): boolean => {
    const match = /^Vera-Cluster (\d{1,15})\.([\w-]{16,64})\.([\w-]{43})$/.exec(header ?? '')
    if (!match) return false
    const [, at, nonce, signature] = match as unknown as [string, string, string, string]
    if (Math.abs(now() - Number(at)) > SKEW_MS) return false
    if (!sameSignature(signature, signText(key, `${path}\n${at}\n${nonce}\n${hash(body)}`))) return false
    if (used.has(nonce)) return false
    used.set(nonce, now())
    for (const [old, since] of used) {
      if (now() - since <= 2 * SKEW_MS && used.size <= KEPT) break
      used.delete(old)
    }
    return true
  }
}
