import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Http } from '../http/index.ts'
import type { Role, Session } from '../http/types.ts'
import { createPhoneStates, type PhoneStates } from './phone-states.ts'
import type { SoftphoneAccount, SoftphonePorts } from './ports.ts'
import { closeCode, type RelayLimits, relay } from './relay.ts'

const agents: readonly Role[] = ['agent']
/** Supervisors have a phone in the browser too, for the calls that they listen to; whoever has no extension gets none. */
const roles: readonly Role[] = [...agents, 'supervisor', 'agency_administrator', 'administrator']
export const softphonePath = '/softphone/ws'
/** Windows of one person that may hold a phone at once: the one in use and the one that is just taking over. */
const perAgent = 2

export type SoftphoneOptions = {
  http: Pick<Http, 'sessions'>
  ports: SoftphonePorts
  limits?: Partial<RelayLimits>
  /** Asks the database this often whether the sessions still stand (another server may have ended one), ms. */
  aliveMs?: number
}

/** `/softphone/ws`, `GET /api/softphone` and `POST /api/agent/phone`. */
export function softphoneRoutes({
  http,
  ports,
  limits,
  aliveMs = 30_000,
}: SoftphoneOptions): FastifyPluginAsyncTypebox {
  const open = new Set<{ session: Session; close(code: number): void }>()
  const states: PhoneStates = createPhoneStates((agentId, reachable, why) => ports.reachable?.(agentId, reachable, why))
  const log = ports.log ?? (() => {})

  return async (app) => {
    const end = (matches: (session: Session) => boolean) => {
      for (const one of open) if (matches(one.session)) one.close(closeCode.sessionEnded)
    }
    const forget = http.sessions.onRevoked(({ sessionId, userId }) =>
      end((session) => session.id === sessionId || session.userId === userId),
    )
    const beat = setInterval(async () => {
      if (open.size === 0) return
      // While the database is away everybody stays.
      const alive = await http.sessions.alive([...open].map(({ session }) => session.id)).catch(() => undefined)
      if (alive) end((session) => !alive.has(session.id))
    }, aliveMs)
    beat.unref()
    app.addHook('preClose', async () => {
      forget()
      clearInterval(beat)
      for (const one of open) one.close(1001)
    })

    app.get(softphonePath, { websocket: true, config: { roles } }, (socket, request) => {
      const { session } = request
      const upstream = session.extension === undefined ? undefined : ports.upstream(session)
      if (!upstream || session.extension === undefined) return socket.close(closeCode.switchAway)
      const mine = [...open].filter((one) => one.session.userId === session.userId)
      for (const old of mine.slice(0, Math.max(0, mine.length - perAgent + 1))) old.close(closeCode.replaced)
      const joined = relay(socket, {
        url: upstream.url,
        extension: session.extension,
        ...(limits ? { limits } : {}),
        log: (line) => log(`softphone ${line}`),
      })
      const one = { session, close: joined.close }
      const offered = agents.includes(session.role)
      open.add(one)
      if (offered) states.opened(session.userId)
      joined.closed.then(() => {
        open.delete(one)
        if (offered) states.closed(session.userId)
      })
    })

    app.get('/api/softphone', { config: { roles } }, async (request, reply): Promise<SoftphoneAccount> => {
      const { session } = request
      reply.header('cache-control', 'no-store')
      if (session.extension === undefined || !ports.upstream(session)) return { enabled: false }
      const credential = await ports.credential(session.userId)
      if (!credential) return { enabled: false }
      const user = credential.user ?? credential.extension
      return {
        enabled: true,
        uri: `sip:${user}@${credential.domain}`,
        user,
        password: credential.password,
        expiresAt: credential.expiresAt,
        wsPath: softphonePath,
        iceServers: ports.iceServers ?? [],
        autoAnswer: (await ports.autoAnswer?.(session.userId)) ?? false,
        displayName: session.name,
        extension: credential.extension,
      }
    })

    app.post(
      '/api/agent/phone',
      {
        config: { roles: agents },
        schema: {
          body: Type.Object({
            state: Type.Union(
              (['ready', 'microphone', 'network', 'unregistered', 'desk'] as const).map((one) => Type.Literal(one)),
            ),
            /** The page was just loaded (or came back) and holds no call. */
            fresh: Type.Optional(Type.Boolean()),
          }),
        },
      },
      async (request) => {
        const { state, fresh } = request.body
        const { userId } = request.session
        states.report(userId, state)
        if (state === 'ready' && fresh) {
          // The phone is there either way; a call that could not be brought back is routing's to settle.
          await Promise.resolve(ports.reattach?.(userId)).catch((error: Error) =>
            log(`softphone of ${userId}: the running call: ${error.message}`),
          )
        }
        return { state: states.of(userId) }
      },
    )
  }
}
