import net from 'node:net'

/**
 * Keep-alive load: each connection sends its next request when the answer to the last has arrived. Counts answers and
 * refusals. Told `{port, requests, connections, ms}` by its parent; answers `{answers, refused, p50, p99}` (ms).
 */
process.on('message', async ({ port, requests, connections, ms }) => {
  const buffers = requests.map((text) => Buffer.from(text, 'latin1'))
  const until = performance.now() + ms
  const results = await Promise.all(Array.from({ length: connections }, (_, i) => one(port, buffers, i, until)))
  const times = results.flatMap((r) => r.times).sort((a, b) => a - b)
  process.send({
    answers: times.length,
    refused: results.reduce((sum, r) => sum + r.refused, 0),
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  })
})
process.on('disconnect', () => process.exit(0))

function one(port, requests, first, until) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const result = { times: [], refused: 0 }
    let next = first
    let sent = 0
    let text = ''
    const send = () => {
      sent = performance.now()
      socket.write(requests[next++ % requests.length])
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!isComplete(text)) return
      const now = performance.now()
      result.times.push(now - sent)
      if (!text.startsWith('HTTP/1.1 2')) result.refused++
      text = ''
      if (now < until) return send()
      socket.end()
      resolve(result)
    })
  })
}

function isComplete(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))
  return length ? text.length - end - 4 >= Number(length[1]) : text.endsWith('0\r\n\r\n')
}
