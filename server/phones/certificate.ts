import { X509Certificate } from 'node:crypto'

export type CertificateState = {
  /** ms; undefined: the text has no certificate that can be read. */
  expiresAt: number | undefined
  state: 'good' | 'soon' | 'expired' | 'not_yet' | 'unreadable'
}

/** Warned about so long before the end, ms. */
export const expiryWarning = 14 * 86_400_000

/**
 * Whether browsers and phones will take the certificates of a PEM file: the first that ends counts, as a chain is as good
 * as its shortest link. Never throws.
 */
export function certificateState(pem: string, now: number = Date.now()): CertificateState {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  try {
    const read = blocks.map((block) => new X509Certificate(block))
    if (read.length === 0) return { expiresAt: undefined, state: 'unreadable' }
    const expiresAt = Math.min(...read.map((one) => Date.parse(one.validTo)))
    if (Math.max(...read.map((one) => Date.parse(one.validFrom))) > now) return { expiresAt, state: 'not_yet' }
    if (expiresAt <= now) return { expiresAt, state: 'expired' }
    return { expiresAt, state: expiresAt - now < expiryWarning ? 'soon' : 'good' }
  } catch {
    return { expiresAt: undefined, state: 'unreadable' }
  }
}
