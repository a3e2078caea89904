import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Passwords that we must be able to tell a carrier again: AES-256-GCM with a key made of the platform's secret. */
export function sealWith(secret: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'vera trunk passwords', 32))
  return {
    seal(text: string): string {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },
    /** Undefined: sealed with another secret, or broken. */
    open(sealed: string): string | undefined {
      try {
        const bytes = Buffer.from(sealed, 'base64')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        decipher.setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
