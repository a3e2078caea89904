// The way of the voice of one call: its connection, found anew when the machine moves to another network.
import type * as JsSIP from 'jssip'

export type RTCSession = ReturnType<JsSIP.UA['call']>
export type NewSession = { session: RTCSession; request: object }

/** ICE does not wait longer for servers that answer nothing, ms. */
const patienceMs = 400

/** Offers the same call over another way. */
export function renegotiate(one: RTCSession): void {
  try {
    one.renegotiate({ rtcOfferConstraints: { iceRestart: true } })
  } catch {
    // Another renegotiation is under way: the switch asks again by itself.
  }
}

/** Gives each connection of a call to `attach`; the answer ends what is waited for. */
export function followConnection(one: RTCSession, attach: (connection: RTCPeerConnection) => void): () => void {
  let patience: ReturnType<typeof setTimeout> | undefined
  const withConnection = (connection: RTCPeerConnection) => {
    attach(connection)
    connection.addEventListener('iceconnectionstatechange', () => {
      // The machine moved to another network: the same call over another way.
      if (connection.iceConnectionState === 'failed' && one.isEstablished()) renegotiate(one)
    })
  }
  one.on('peerconnection', ({ peerconnection }) => withConnection(peerconnection))
  if (one.connection) withConnection(one.connection)
  one.on('icecandidate', ({ ready }) => {
    patience ??= setTimeout(ready, patienceMs)
  })
  return () => clearTimeout(patience)
}
