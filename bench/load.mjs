import net from 'node:net'

/**
 * Keep-alive load: each connection sends its next request when the answer to the last has arrived. Counts answers and
 * those whose status is not the one that is meant. Told `{ports, requests, connections, ms, status, once}` by its
 * parent, connections spread over the ports; `once`: each request is sent one time, and then it ends. Answers
 * `{answers, unmeant, p50, p99}` (ms).
 */
process.on('message', async ({ ports, requests, connections, ms, status = 200, once = false }) => {
  const buffers = requests.map((text) => Buffer.from(text, 'latin1'))
  const until = performance.now() + ms
  let sent = 0
  const next = () => {
    if (once ? sent >= buffers.length : performance.now() >= until) return null
    return buffers[sent++ % buffers.length]
  }
  const each = Array.from({ length: connections }, (_, i) => one(ports[i % ports.length], next, status))
  const results = await Promise.all(each)
  const times = results.flatMap((r) => r.times).sort((a, b) => a - b)
  process.send({
    answers: times.length,
    unmeant: results.reduce((sum, r) => sum + r.unmeant, 0),
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  })
})
process.on('disconnect', () => process.exit(0))

function one(port, next, status) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const result = { times: [], unmeant: 0 }
    const meant = `HTTP/1.1 ${status}`
    let sent = 0
    let text = ''
    const send = () => {
      const request = next()
      if (request === null) {
        socket.end()
        return resolve(result)
      }
      sent = performance.now()
      socket.write(request)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!isComplete(text)) return
      result.times.push(performance.now() - sent)
      if (!text.startsWith(meant)) result.unmeant++
      text = ''
      send()
    })
  })
}

function isComplete(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))
  return length ? text.length - end - 4 >= Number(length[1]) : text.endsWith('0\r\n\r\n')
}
