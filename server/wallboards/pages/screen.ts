// A screen that waits to be approved. Without a server it goes on asking: nobody is there to touch it.
async function ask(): Promise<void> {
  try {
    const answer = await fetch('/screen/state', { cache: 'no-store' })
    const { state, board } = (await answer.json()) as { state?: string; board?: string }
    if (answer.ok && board) return location.replace(`/wallboards/${encodeURIComponent(board)}`)
    if (answer.ok && state !== 'waiting') return location.reload()
  } catch {
    // The server is away: the code is good until it says otherwise.
  }
  setTimeout(ask, 2_000)
}
setTimeout(ask, 2_000)
