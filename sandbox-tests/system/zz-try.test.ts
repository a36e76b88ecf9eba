process.env['BUN_OPTIONS'] = '--preload=/tmp/pre.ts'
import { test } from 'bun:test'
import { createPlace, startDesk, clearPlace, databasePid } from '/work/main/sandbox-tests/system/desk-process.fixture.ts'
import { venueBooks, journalRecords, databaseBooks } from '/work/main/sandbox-tests/system/books.fixture.ts'
import { churnSource, writeStrategy, WIDE_LIMITS } from '/work/main/sandbox-tests/system/churn.fixture.ts'
test('x', async () => {
  const place = createPlace(WIDE_LIMITS)
  try {
    writeStrategy(place, 'churn-a', churnSource('churn-a'))
    writeStrategy(place, 'churn-b', churnSource('churn-b'))
    const desk = await startDesk(place, { args: ['--instruments', '10', '--ticks', '200'] })
    console.log(desk.ready, desk.startMillis, desk.stderr())
    await Bun.sleep(7000)
    const s = await desk.get<any[]>('/api/v1/strategies')
    console.log(s.map(x => [x.id, x.state, x.reason, x.fills, x.openOrders, x.openPositions, x.faults, x.lastFault]))
    console.log(await desk.get('/api/v1/account'))
    console.log((await desk.get<any>('/api/v1/strategies/churn-a')).log.slice(-5))
    const v = venueBooks(place)
    console.log(v.orders.length, v.executions.length, v.positions)
    const d = databaseBooks(place)
    console.log(await d.positions(), await d.numbers('select count(*) from fills')); 
    console.log(await d.numbers("select count(*) from refusals"), await d.numbers("select count(*) from orders"), )
    await d.close()
    desk.signal('SIGKILL'); console.log(await desk.ended)
    const r = journalRecords(place); console.log(r.length, Object.entries(Object.groupBy(r, x => x.kind)).map(([k, v]) => [k, v!.length]))
    console.log(r.filter(x => x.kind==='refusal').map((x:any) => x.refused.refusal.code+' '+x.refused.refusal.text).slice(-5))
    const again = await startDesk(place, { args: ['--instruments', '10', '--ticks', '200'] })
    console.log(again.startMillis, await again.get('/api/v1/account'))
    again.signal('SIGTERM'); console.log(await again.ended, again.stderr(), databasePid(place))
    console.log(await Bun.file(place.home + '/desk.log').text())
  } finally { await clearPlace(place) }
}, 120000)
