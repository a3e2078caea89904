// A certificate that ended on the first of 2021. It opens nothing: made for these tests only.
import { createServer } from 'node:tls'

export const expiredCertificate = `-----BEGIN CERTIFICATE-----
MIIBETCBuAIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDAp2ZXJhLmxvY2FsMB4X
DTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowFTETMBEGA1UEAwwKdmVyYS5s
b2NhbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFzrRSUqz4+4sXsaSWuUguG6
jJlNGadqcYWrIbF9DeJGGiwphVZJi+MmCYafkO6YwFhI+W3xyZtC7qHHDJWLS6ow
CgYIKoZIzj0EAwIDSAAwRQIhAN8w6yWQuRI+kr1ljwM4SJatrWae4gJ8cDe6cx9L
DMbVAiA5fvTlccDliEn9faMhvwqma68KxhnmADYXx2wiRy/moA==
-----END CERTIFICATE-----
`
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+Ddy5s8nxHLB10AN
9/rqh9ki3lytyQ4r+z/YZEuntTGhRANCAARc60UlKs+PuLF7GklrlILhuoyZTRmn
anGFqyGxfQ3iRhosKYVWSYvjJgmGn5DumMBYSPlt8cmbQu6hxwyVi0uq
-----END PRIVATE KEY-----
`
/** Certificate and key in one file, as a switch wants it. */
export const expiredPem = `${expiredCertificate}${privateKey}`

/** Shows it on a free port of loopback. */
export async function showCertificate(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer({ cert: expiredCertificate, key: privateKey }, (socket) => socket.end())
  server.on('tlsClientError', () => {})
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const { port } = server.address() as { port: number }
  return { port, close: () => new Promise((closed) => server.close(() => closed())) }
}
