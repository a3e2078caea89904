import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Pipes at the reader's pace; a reader that goes away ends the reading of the database too. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { name: string; type: string; content: NodeJS.ReadableStream; bytes?: number },
): FastifyReply {
  reply.hijack()
  const { raw } = reply
  // Headers set by hooks (security, session) are on the reply, which a hijacked answer does not write.
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': file.type,
    'content-disposition': `attachment; filename="${file.name}"`,
    'cache-control': 'no-store',
    ...(file.bytes === undefined ? {} : { 'content-length': file.bytes }),
  })
  pipeline(file.content, raw).catch((error: Error) => {
    // Bytes are out: all that is left is to cut the connection, so that nobody takes half a file for a whole one.
    raw.destroy()
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
      request.log.error({ err: error }, 'a report broke off')
  })
  return reply
}
