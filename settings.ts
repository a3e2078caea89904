// Node-RED's own way to look at flows without the rest of Vera: `npx node-red -s settings.ts`, on this machine only.
// The platform makes the same settings, with its database, sign-on and calls, in server/node-red.ts.
import { join } from 'node:path'
import { flowSettings } from './server/flows/index.ts'

const say = (text: string) => console.error(text)

const settings = {
  ...flowSettings({
    userDir: join(import.meta.dirname, 'var', 'node-red-alone'),
    log: { info: say, warn: say, error: say, debug: () => {} },
    editorFiles: { scripts: [], css: [] },
  }),
  uiHost: '127.0.0.1',
  uiPort: 1880,
}

export default settings
// Node-RED reads it by `require`, which gives a namespace unless the module names what it wants.
export { settings as 'module.exports' }
