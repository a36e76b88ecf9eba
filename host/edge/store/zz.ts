import { connect } from './connect.ts'
import { withPostgres } from './postgres.fixture.ts'
import { MemoryJournal } from './records.fixture.ts'
import { createStore } from './store.ts'
import { createMarketEvent } from '#sdk/tick.ts'
import { createInstrument } from '#sdk/instrument.ts'
const url = await withPostgres()
const inst=[createInstrument({ exchange:'NSE', symbol:'INFY', kind: 'equity', currency: 'INR', tickSize: '0.05', quantityStep: '1', lot: 1, session:{kind:'always',minutes:1440} }, 0)]
const log={info:console.log,warn:console.log}
const store=createStore({url,journal:new MemoryJournal(),instruments:inst,log})
await store.start()
const sql=connect({url,connections:1})
const event=Object.assign(createMarketEvent(),{instrument:0,price:5})
let given=0
for(let turn=0;turn<3;turn++){
  for(let t=0;t<25000;t++,given++) store.tick(Object.assign(event,{time:given,receivedAt:given}))
  if(turn%2===1) console.log('cut', (await sql`select pid, left(query,30) q, state from pg_stat_activity where datname=current_database() and pid<>pg_backend_pid()`).map(r=>r.pid+' '+r.q+' '+r.state), (await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname=current_database() and pid<>pg_backend_pid()`).length)
  for(let i=0;i<40&&store.counts.ticksWritten<given-10000;i++){await Bun.sleep(100)}
  console.log(turn,given,store.counts)
}
await Bun.sleep(1000)
console.log(store.counts,(await sql`select pid, query, state from pg_stat_activity where datname=current_database()`))
process.exit()
