import { hash, verify } from '@node-rs/argon2'

/** argon2id with the library's defaults (19 MiB, 2 passes), OWASP's minimum. */
export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'))

let decoy: Promise<string> | undefined

/** Takes the same time whether or not there is a hash to compare with, so that answers do not tell which users exist. */
export async function passwordMatches(password: string, stored: string | null | undefined): Promise<boolean> {
  decoy ??= hash('nobody has this password')
  const matches = await verify(stored || (await decoy), password.normalize('NFC')).catch(() => false)
  return Boolean(stored) && matches
}
