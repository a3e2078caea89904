// Node-RED's settings. Everything that could run foreign code or reach the machine from a flow is off.
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** What pino has of what we need. */
export type NodeRedLog = {
  info(text: string): void
  warn(text: string): void
  error(text: string): void
  debug(text: string): void
}

export type FlowSettings = {
  userDir: string
  /** Absent: files in userDir. */
  storageModule?: object
  /** nodes/kit/platform.ts `Platform`; without it the nodes say that they are not connected. */
  platform?: object
  log: NodeRedLog
  credentialSecret?: string
  /** Absent: no editor. */
  editorFiles?: { scripts: string[]; css: string[] }
  adminAuth?: object
}

/** Core nodes that are not loaded: they run code, open files and sockets, or fetch addresses of the inner network. */
const excluded = [
  '10-function.js',
  '90-exec.js',
  '10-file.js',
  '23-watch.js',
  '05-tls.js',
  '06-httpproxy.js',
  '10-mqtt.js',
  '21-httpin.js',
  '21-httprequest.js',
  '22-websocket.js',
  '31-tcpin.js',
  '32-udp.js',
  '91-global-config.js',
]

/** The settings object for `RED.init`. */
export function flowSettings(options: FlowSettings): Record<string, unknown> {
  const { editorFiles } = options
  return {
    userDir: options.userDir,
    nodesDir: join(root, 'nodes'),
    nodesExcludes: excluded,
    ...(options.storageModule ? { storageModule: options.storageModule } : {}),
    // A getter: Node-RED clones plain values, and this one is alive.
    get vera() {
      return options.platform
    },
    ...(options.credentialSecret ? { credentialSecret: options.credentialSecret } : {}),
    lang: 'es-ES',
    // Node-RED finds the path of its socket by this; who mounts it below another is not heard.
    httpAdminRoot: editorFiles ? '/editor' : false,
    httpNodeRoot: false,
    disableEditor: !editorFiles,
    ...(options.adminAuth ? { adminAuth: options.adminAuth } : {}),
    externalModules: {
      autoInstall: false,
      palette: {
        allowInstall: false,
        allowUpload: false,
        allowUpdate: false,
        denyList: ['*'],
        allowList: ['vera-nodes'],
      },
      modules: { allowInstall: false, denyList: ['*'], allowList: [] },
    },
    functionExternalModules: false,
    functionGlobalContext: {},
    exportGlobalContextKeys: false,
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    telemetry: { enabled: false, updateNotification: false },
    apiMaxLength: '5mb',
    debugMaxLength: 1000,
    nodeMessageBufferMaxLength: 1000,
    // Their calls go on in the nodes that come after.
    nodeCloseTimeout: 2000,
    logging: { vera: { level: 'info', metrics: false, audit: false, handler: () => logTo(options.log) } },
    contextStorage: { default: { module: 'memory' } },
    paletteCategories: [
      'Vera · llamadas',
      'Vera · colas',
      'Vera · ciudadanos',
      'common',
      'function',
      'parser',
      'sequence',
    ],
    editorTheme: {
      page: {
        title: 'Vera · Flujos',
        favicon: join(root, 'nodes', 'kit-editor', 'vera.svg'),
        tabicon: { icon: join(root, 'nodes', 'kit-editor', 'vera.svg'), colour: '#2f6db3' },
        ...(editorFiles ?? {}),
      },
      header: { title: 'Vera · Flujos', image: join(root, 'nodes', 'kit-editor', 'vera.svg'), url: '/' },
      deployButton: { type: 'simple', label: 'Publicar' },
      tours: false,
      projects: { enabled: false },
      multiplayer: { enabled: false },
      palette: {
        catalogues: [],
        categories: [
          'Vera · llamadas',
          'Vera · colas',
          'Vera · ciudadanos',
          'common',
          'function',
          'parser',
          'sequence',
        ],
      },
      codeEditor: { lib: 'ace' },
      mermaid: { enabled: false },
      menu: {
        'menu-item-help': { label: 'Ayuda de Vera', url: '/admin' },
        'menu-item-keyboard-shortcuts': true,
        'menu-item-node-red-version': false,
      },
      userMenu: true,
    },
  }
}

type LogLine = { level: number; msg: unknown; type?: string; name?: string; id?: string }

/** Node-RED's levels: 10 fatal .. 60 trace. */
function logTo(log: NodeRedLog): (line: LogLine) => void {
  return ({ level, msg, type, name, id }) => {
    const text = typeof msg === 'string' ? msg : ((msg as Error)?.message ?? JSON.stringify(msg))
    const line = `node-red: ${type ? `[${type}:${name || id}] ` : ''}${text}`
    if (level <= 20) log.error(line)
    else if (level === 30) log.warn(line)
    else log.debug(line)
  }
}
