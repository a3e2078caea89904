import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export type Probe = () => unknown | Promise<unknown>

/** `/healthz`, `/readyz` and `/metrics`. */
export function addMonitoring(app: FastifyInstance) {
  const probes = new Map<string, Probe>()
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const durations = new Histogram({
    name: 'vera_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
    registers: [metrics],
  })
  app.addHook('onResponse', async (request, reply) => {
    durations
      .labels(request.method, request.routeOptions.url ?? 'unknown', String(reply.statusCode))
      .observe(reply.elapsedTime / 1000)
  })
  const open = { config: { public: true }, logLevel: 'warn' as const }
  app.get('/healthz', open, async () => ({ status: 'alive' }))
  app.get('/readyz', open, async (_request, reply) => {
    const checks = Object.fromEntries(
      await Promise.all([...probes].map(async ([name, probe]) => [name, await ask(probe)] as const)),
    )
    const ready = Object.values(checks).every((check) => check === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks })
  })
  app.get('/metrics', open, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.metrics()),
  )
  return {
    metrics,
    readiness(name: string, probe: Probe) {
      probes.set(name, probe)
    },
  }
}

/** `ok`, or `failed` without the reason: whoever asks may be anyone. Two seconds, then it counts as failed. */
async function ask(probe: Probe): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('late')), 2_000)
    })
    return (await Promise.race([Promise.resolve().then(probe), late])) === false ? 'failed' : 'ok'
  } catch {
    return 'failed'
  } finally {
    clearTimeout(timer)
  }
}
