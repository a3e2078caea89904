import { isIP } from 'node:net'
import type { BlockedSource, PhoneStore } from './store.ts'

export type ScannerOptions = {
  store: Pick<PhoneStore, 'blocked' | 'block' | 'unblock'>
  now(): number
  /** Addresses that are never blocked: our own servers, through which browsers register. */
  neverBlock(address: string): boolean | Promise<boolean>
  /** Whether phones are registered from there now: an office must not fall for one wrong phone in it. */
  inUse(address: string): boolean
  blocked(source: BlockedSource): void
  /** Too many failures from an address that stays open because phones work from it. */
  suspicious(address: string, username: string): void
  failed(error: Error): void
  limit?: { failures: number; withinMs: number; blockMs: number }
}

const mostSources = 10_000

/** Counts failed registrations by source and shuts out who tries too often. */
export function createScanners(options: ScannerOptions) {
  const { store, now } = options
  const limit = options.limit ?? { failures: 10, withinMs: 5 * 60_000, blockMs: 3_600_000 }
  const failures = new Map<string, number[]>()
  let shut = new Map<string, BlockedSource>()
  const isBlocked = (address: string) => (shut.get(address)?.until ?? 0) > now()
  return {
    limit,
    isBlocked,
    /** From the database: what another server blocked or somebody opened again. */
    async refresh(): Promise<void> {
      shut = new Map((await store.blocked(now())).map((source) => [source.address, source]))
    },
    /** A registration was refused; resolves when what follows of it is kept. */
    async failure(address: string, username: string): Promise<void> {
      if (isIP(address) === 0 || (await options.neverBlock(address)) || isBlocked(address)) return
      const recent = (failures.get(address) ?? []).filter((at) => at > now() - limit.withinMs)
      recent.push(now())
      failures.delete(address)
      failures.set(address, recent)
      // A flood from invented addresses (UDP) must not fill the memory: the one seen longest ago goes.
      if (failures.size > mostSources) failures.delete(failures.keys().next().value as string)
      if (recent.length < limit.failures) return
      failures.delete(address)
      if (options.inUse(address)) return options.suspicious(address, username)
      const source: BlockedSource = {
        address,
        failures: recent.length,
        lastUsername: username.replace(/[^\w.@+-]/g, '?').slice(0, 64),
        blockedAt: now(),
        until: now() + limit.blockMs,
      }
      shut.set(address, source)
      try {
        if (await store.block(source)) options.blocked(source)
      } catch (error) {
        options.failed(error as Error)
      }
    },
    async unblock(address: string): Promise<boolean> {
      failures.delete(address)
      shut.delete(address)
      return store.unblock(address)
    },
  }
}
export type Scanners = ReturnType<typeof createScanners>
