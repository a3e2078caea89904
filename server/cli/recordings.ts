import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { recordingsCompanion } from '../recordings/index.ts'
import { Refusal } from './switch-client.ts'
import { UsageError, type Verb } from './verb.ts'

export const recordings: Verb = {
  summary: 'recordings serve: en la máquina de un conmutador, le da a Vera las grabaciones que quedan ahí',
  help: `Uso: RECORDINGS_SECRET=<clave> npx vera recordings serve --folder <carpeta> [--listen <dirección>:<puerto>]

Para un conmutador que no comparte su carpeta de grabaciones. Sirve solo lectura, solo con la clave, y solo lo que está en la
carpeta. Escucha en 127.0.0.1:8090 si no se dice otra cosa; va sin cifrar: usalo en la red interna o detrás de un proxy con TLS.
En Vera: FREESWITCH_URL=esl://...?recordings=http%3A%2F%2F:<clave>%40<dirección>:<puerto>`,
  async run(args) {
    if (args[0] !== 'serve') throw new UsageError('falta la acción: serve')
    const { values } = parseArgs({
      args: args.slice(1),
      options: { folder: { type: 'string' }, listen: { type: 'string', default: '127.0.0.1:8090' } },
    })
    const secret = process.env.RECORDINGS_SECRET ?? ''
    if (secret.length < 16) throw new UsageError('falta RECORDINGS_SECRET, con 16 caracteres o más')
    if (!values.folder) throw new UsageError('falta --folder')
    const folder = resolve(values.folder)
    const there = await stat(folder).catch(() => undefined)
    if (!there?.isDirectory()) throw new Refusal(`«${folder}» no es una carpeta.`)
    const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(values.listen) ?? []
    if (isIP(host) === 0 || Number(port) > 65_535)
      throw new UsageError('--listen: dirección IP y puerto, 10.0.0.5:8090')
    const serve = recordingsCompanion({ folder, secret })
    const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
    server.listen(Number(port), host)
    await once(server, 'listening').catch((error: Error) => {
      throw new Refusal(`No se puede escuchar en ${values.listen}: ${error.message}`)
    })
    console.log(`Grabaciones de ${folder} en el puerto ${(server.address() as AddressInfo).port}`)
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
    server.closeAllConnections()
    server.close()
    return 0
  },
}
