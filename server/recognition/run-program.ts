import { spawn } from 'node:child_process'

const MAX_OUTPUT = 64_000

/**
 * Runs a program without a shell and gives its standard output. @throws Error in one line when it ends otherwise than well,
 * takes longer than `timeoutMs` or says more than 64 kB; `code` is ENOENT when there is none
 */
export function runProgram(
  command: string,
  args: readonly string[],
  { input = '', timeoutMs }: { input?: string; timeoutMs: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_OUTPUT) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'))
      else
        reject(
          new Error(late ? `${command} took longer than ${timeoutMs} ms` : `${command} ended with ${signal ?? code}`),
        )
    })
    // It may end before it has read everything.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
