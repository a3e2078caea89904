// THE executable: reads the configuration, starts the platform, stops it with grace.
import { dirname } from 'node:path'
import { ConfigError, loadConfig } from './config.ts'
import { giveMemoryBack } from './memory.ts'
import { createPlatform } from './platform.ts'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Vera necesita Node 24: usá «npm start», que lo trae.')
  process.exit(1)
}
try {
  const config = loadConfig(dirname(import.meta.dirname))
  const platform = await createPlatform(config)
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      platform.stop().then(
        () => process.exit(0),
        (error) => {
          console.error(`No se pudo detener con orden: ${(error as Error).message}`)
          process.exit(1)
        },
      )
    })
  }
  await platform.start()
  giveMemoryBack()
} catch (error) {
  if (error instanceof ConfigError) for (const fault of error.faults) console.error(fault)
  else console.error(oneLine(error))
  process.exit(1)
}

/** What to do about it, in one line; everything else is in the log. */
function oneLine(error: unknown): string {
  const { code, port, message } = error as { code?: string; port?: number; message?: string }
  if (code === 'EADDRINUSE')
    return `El puerto ${port} ya está en uso: cerrá el otro programa o elegí otro (PORT o CALL_LISTEN).`
  if (code === 'EACCES') return `No se puede escuchar en el puerto ${port}: elegí uno mayor que 1024 (PORT).`
  return `Vera no puede arrancar: ${message ?? error}`
}
