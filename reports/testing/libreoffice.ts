// LibreOffice as a second reader of our books: it opens them, works out every formula anew and writes down what it found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const program = '/usr/bin/soffice'
export const hasLibreOffice = existsSync(program)

/** Excel's formulas are worked out anew at each load (by default what the file says they gave is believed). */
const settings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`

/**
 * Converts files into `target` (xlsx, pdf ...), all in one run. `folder` holds its profile and the results, under the names of
 * the files. Rejects with what it said when it fails or takes over four minutes.
 */
export async function convert(files: readonly string[], target: 'xlsx' | 'pdf', folder: string): Promise<string> {
  const profile = join(folder, 'profile')
  await mkdir(join(profile, 'user'), { recursive: true })
  await writeFile(join(profile, 'user', 'registrymodifications.xcu'), settings)
  const out = join(folder, target)
  const child = spawn(
    program,
    [
      ...[`-env:UserInstallation=${pathToFileURL(profile)}`, '--headless', '--norestore'],
      ...['--convert-to', target === 'xlsx' ? 'xlsx:Calc MS Excel 2007 XML' : target, '--outdir', out, ...files],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 240_000,
      env: { ...process.env, HOME: folder, SAL_USE_VCLPLUGIN: 'svp' },
    },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`LibreOffice ended with ${code}: ${said.slice(-500)}`)
  return out
}
