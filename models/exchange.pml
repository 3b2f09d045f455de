// exchange.pml: calls, who answers them, and what becomes of a call whose caller or server dies. Model of
// structures/include/stoa/exchange_slot.hpp, exchange_desk.hpp, exchange_client.hpp, exchange_server.hpp and
// structures/src/exchange_slot.cpp, exchange_desk.cpp, exchange_way.cpp.
//
// Two to four processes: each calls, once or twice, or serves. A call may be given up, and a server come and leave, at
// any moment. Each may die, or stop for good, between any two accesses to shared memory. In the end one who comes later
// puts things right, and uses all that nobody holds. What is what, and what is left out: docs/models.md.
//
// Check: twice     FIRST=CALL_TWICE SECOND=SERVE THIRD=SERVE
// Check: report    DEATHS=1 FIRST=CALL SECOND=SERVE THIRD=SERVE
// Check: again     DEATHS=2 AGAIN FIRST=CALL SECOND=SERVE THIRD=SERVE
// Check: patient   DEATHS=1 PATIENT FIRST=CALL_TWICE SECOND=SERVE THIRD=SERVE
// Check: heir      DEATHS=1 FIRST=CALL SECOND=CALL THIRD=SERVE
// Check: four      FIRST=CALL SECOND=CALL THIRD=SERVE FOURTH=SERVE
// Check: slots     SLOTS=2 FIRST=CALL SECOND=CALL THIRD=SERVE
// Check: presence  DEATHS=2 FIRST=CALL SECOND=VISIT THIRD=VISIT
// Check: successor DEATHS=1 FIRST=CALL SECOND=SERVE THIRD=COME
// Check: stop      STOPS=1 FIRST=CALL_TWICE SECOND=SERVE THIRD=SERVE
// Check: stop_heir STOPS=1 FIRST=CALL SECOND=CALL THIRD=SERVE
// Bug: BUG_CALLER_BY_TIMEOUT       heir      I1: a caller who is slow is taken for dead, and his slot taken
// Bug: BUG_OLDER_LOOK              twice     I2: a server believes the request that it saw before the service word
// Bug: BUG_BEGUN_BY_STORE          twice     I2: a service begins by a store, not by a CAS
// Bug: BUG_SERVER_BY_TIMEOUT       report    I2: a server who is slow is taken for dead, and its service taken over
// Bug: BUG_ENDED_BY_STORE          again     I6: a dead server's service is taken over by a store, not by a CAS
// Bug: BUG_ASKED_FIRST             twice     I3: the request's word is stored before its payload
// Bug: BUG_ANSWERED_FIRST          twice     I3: the response's word is stored before its payload
// Bug: BUG_NOT_CANCELLED           twice     I4: who gives up does not say so
// Bug: BUG_REQUEST_UNLOOKED        twice     I4: a server does not look at the request after it has taken the service
// Bug: BUG_USED_WHILE_SERVED       twice     I4: a slot is used again while a live server is in it
// Bug: BUG_DEAD_REQUEST_KEPT       heir      I4: who takes a dead caller's slot does not cancel what that one asked
// Bug: BUG_NOT_ENDED               stop      I7: a call that is given up before anybody has begun it is not ended
// Bug: BUG_GIVEN_UP_BY_STORE       twice     I7: it is ended by a store, not by a CAS
// Bug: BUG_LAST_WORDS_UNHEARD      report    I5: whether the dead server had answered is not looked at
// Bug: BUG_ENDED_WHILE_REQUESTED   report    a caller answers his own request when its server is dead
// Bug: BUG_SERVED_WITHOUT_PLACE    presence  a server takes no place
// Bug: BUG_PLACES_OVERLOOKED       presence  a caller who has seen one dead server looks for no other
// Bug: BUG_DEAD_LEFT_BEHIND        presence  a server leaves without clearing the places of the dead
// Bug: BUG_LEFT_BEFORE_CLEARED     presence  a server clears the places of the dead after it has given back its own
// Bug: BUG_ONE_LOOK                presence  a caller believes one look at the places
// Bug: BUG_CLEARED_BY_CALLER       heir      a caller clears the places of the dead
//

#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef FIRST
#define FIRST NOTHING        // what the first process does, the second, the third, the fourth
#endif
#ifndef SECOND
#define SECOND NOTHING
#endif
#ifndef THIRD
#define THIRD NOTHING
#endif
#ifndef FOURTH
#define FOURTH NOTHING
#endif
#ifdef PATIENT               // nobody gives up before he is told
#define GIVES_UP false
#else
#define GIVES_UP true
#endif
#ifdef AGAIN                 // after_server_death
#define serves_again true
#else
#define serves_again false
#endif
#define USERS 4
#define AUDITOR 5
#define WHO 6
#define PLACES 2             // for servers
#define GENERATIONS 6
#define CALLS 2              // of one process

// What they do.
#define NOTHING 0
#define CALL 1               // one call
#define CALL_TWICE 2         // two, one after the other
#define SERVE 3              // is there from the beginning, and serves to the end
#define COME 4               // comes at any moment, serves, and leaves at any moment
#define VISIT 5              // comes and leaves, and serves nothing meanwhile
#define is_server(does) ((does) == SERVE || (does) == COME || (does) == VISIT)

// --- shared memory ---
// Words as in exchange_slot.hpp. A payload is two words, the second is its size: both tell which call it is of.
#define word_of(generation, state) ((generation) * 8 + (state))
#define generation_of(word) ((word) / 8)
#define state_of(word) ((word) % 8)
#define REQUESTED 1
#define CANCELLED 2
#define DONE 1
#define LOST 3
#define SKIPPED 5
#define server_of(service) ((service) % 8)
#define is_over(service, response) (generation_of(service) == generation_of(response))
byte request[SLOTS], request_bytes[SLOTS], request_size[SLOTS];
byte response[SLOTS], response_bytes[SLOTS], response_size[SLOTS];
byte service[SLOTS];         // word_of(generation, who)
byte owner[SLOTS];
byte place[PLACES];
#define NOBODY 0

// --- ghosts ---
byte call_of[SLOTS * GENERATIONS];     // which call a generation of a slot is
byte server_for[WHO * CALLS];          // who began to serve a call; OVER: there is a response
#define OVER 255
byte inside[SLOTS];                    // the server that reads the request and writes the response
bool in_service[WHO];                  // from its place to the beginning of its close(),
bool closes[WHO];                      // and from there until its place is given back
bool is_deserted;                      // a server died as the last that was in service, and none has come since
byte looks_around[WHO];                // a caller looks for servers: 1; and it may find none: 2
bool dead[WHO], stopped[WHO], is_done[WHO];
bool is_late;                          // nobody dies or gives up any more, nor looks without a reason
bool is_audited;
byte deaths, stops;

#define lives(who) ((who) != NOBODY && !dead[who])                             // is_alive
#define seems_dead(who) (!lives(who))
#ifdef BUG_SERVER_BY_TIMEOUT
#define seems_dead_server(who) true                // too slow for somebody's patience
#else
#define seems_dead_server(who) seems_dead(who)
#endif
#ifdef BUG_CALLER_BY_TIMEOUT
#define seems_dead_caller(who) true
#else
#define seems_dead_caller(who) seems_dead(who)
#endif
#define goes_on(who) (in_service[who] && !dead[who] && !stopped[who])
#define is_served (goes_on(1) || goes_on(2) || goes_on(3) || goes_on(4))
#define is_in_service(who) (in_service[who] && !dead[who])
#define has_server (is_in_service(1) || is_in_service(2) || is_in_service(3) || is_in_service(4) || is_in_service(5))
#define is_dead_place(i) (place[i] != NOBODY && dead[place[i]])
#define is_live_place(i) (lives(place[i]))

// Who waits looks at any moment, for no reason at all. When it is late he does so only for a reason: these. Each is
// what the look that follows goes by: without it the look would find nothing.
#define LOOKS (DEATHS > 0)   // for the dead
#define is_pending(s) \
  (state_of(request[s]) == REQUESTED && generation_of(service[s]) != generation_of(request[s]) && \
   is_over(service[s], response[s]))
#define is_left_by_dead(s) (!is_over(service[s], response[s]) && !lives(server_of(service[s])))
#define is_work(s) (is_pending(s) || is_left_by_dead(s))
#define is_to_be_had(s) \
  ((owner[s] != NOBODY && dead[owner[s]]) || \
   (owner[s] == NOBODY && (is_over(service[s], response[s]) || is_left_by_dead(s))))
#if SLOTS == 1
#define in_any_slot(what) (what(0))
#else
#define in_any_slot(what) (what(0) || what(1))
#endif
#define is_place_to_clear (is_dead_place(0) || is_dead_place(1))
#define is_left_alone (!is_live_place(0) && !is_live_place(1) && (is_dead_place(0) || is_dead_place(1)))

// Of a look for servers that is under way: it may find that the last one died if that is so at some moment of it.
inline tell_who_looks() {
  if :: looks_around[1] != 0 -> looks_around[1] = 2 :: else fi;
  if :: looks_around[2] != 0 -> looks_around[2] = 2 :: else fi;
  if :: looks_around[3] != 0 -> looks_around[3] = 2 :: else fi;
  if :: looks_around[4] != 0 -> looks_around[4] = 2 :: else fi
}

// --- exchange_slot.hpp, exchange_slot.cpp ---

// The store of a response's word, by who holds the service, once for each generation (I6).
inline publish_response(generation, state) {
  atomic {
    assert(service[s] == word_of(generation, me));                             // nobody took it from who lives
    assert(generation_of(response[s]) < generation);
    response[s] = word_of(generation, state);                                  // R2 -> A2
    server_for[call_of[s * GENERATIONS + generation]] = OVER;
    inside[s] = NOBODY
  }
}
inline answer_without(generation, state) {
  response_size[s] = 0;
  publish_response(generation, state)
}

// got: the service of a dead server is this process's to end
inline take_over() {
  if
#ifndef BUG_LAST_WORDS_UNHEARD
  :: is_over(seen, response[s])                                                // I5
  :: !is_over(seen, response[s]);
#else
  :: true ->
#endif
    atomic {
      if
#ifndef BUG_ENDED_BY_STORE
      :: service[s] == seen ->
#else
      :: true ->
#endif
        assert(!lives(server_of(service[s])));     // slow is not dead
        assert(!is_over(seen, response[s]));       // nor is anything to be ended that is over
        assert(generation_of(seen) == generation_of(request[s]));              // I7
        service[s] = word_of(generation_of(seen), me); got = true
      :: else
      fi
    }
  fi
}
inline end_service() {
  take_over();
  if :: got -> answer_without(generation_of(seen), SKIPPED); got = false :: !got fi
}

// is_free: no live server is in the slot, and none can begin the last call. The request is this process's: it stays.
#define is_of_request(word) (generation_of(word) == generation_of(request[s]))
inline make_free() {
  do
  :: seen = service[s];
    if
#ifdef BUG_NOT_ENDED
    :: atomic { is_over(seen, response[s]) -> is_free = true; break }
#else
    :: atomic { is_over(seen, response[s]) && is_of_request(seen) -> is_free = true; break }
    :: is_over(seen, response[s]) && !is_of_request(seen);
      atomic {                                                                 // I7. R4 -> A4
        if
#ifndef BUG_GIVEN_UP_BY_STORE
        :: service[s] == seen ->
#else
        :: true ->
#endif
          assert(is_over(service[s], response[s]) && generation_of(service[s]) < generation_of(request[s]));
          service[s] = word_of(generation_of(request[s]), me); got = true
        :: else
        fi
      };
      if
      :: got ->
        answer_without(generation_of(request[s]), SKIPPED);
        atomic { got = false; is_free = true; break }
      :: !got
      fi
#endif
    :: !is_over(seen, response[s]);
      if
      :: seems_dead_server(server_of(seen)); end_service()
      :: lives(server_of(seen));
        if
        :: service[s] != seen
        :: service[s] == seen;
          if
          :: is_over(seen, response[s])
          :: atomic { !is_over(seen, response[s]) ->
#ifdef BUG_USED_WHILE_SERVED
              is_free = true;
#endif
              break }
          fi
        fi
      fi
    fi
  od;
  seen = 0
}

// --- a caller: exchange_client.hpp, exchange_desk.cpp, exchange_way.cpp ---

// What nobody wants any more is not begun from then on: it is cancelled, or answered.
inline give_back() {
  atomic {
    assert(owner[s] == me);
    assert(state_of(request[s]) != REQUESTED || is_over(request[s], response[s]));
    owner[s] = NOBODY                                                          // R3 -> A3
  }
}

// A look at one slot, whichever: got. thorough: asks whether its owner lives.
inline take_slot(thorough) {
  before = owner[s];
  if
  :: before != NOBODY && !(thorough)
  :: before != NOBODY && (thorough) ->
    if :: lives(before) :: seems_dead_caller(before); got = true fi
  :: before == NOBODY && (thorough) -> got = true
  :: before == NOBODY && !(thorough) ->
    seen = service[s];                                                         // a hint
    atomic { got = is_over(seen, response[s]); seen = 0 }
  fi;
  if
  :: got ->
    atomic {
      if
      :: owner[s] == before -> assert(!lives(before)); owner[s] = me           // A3 <- R3
      :: else -> got = false
      fi;
      before = 0
    };
    if
    :: got ->
      got = false;
#ifndef BUG_DEAD_REQUEST_KEPT
      if                                                                       // forget_request_of_the_dead
      :: state_of(request[s]) == REQUESTED; request[s] = word_of(generation_of(request[s]), CANCELLED)
      :: state_of(request[s]) != REQUESTED
      fi;
#endif
      make_free();
      if
      :: is_free -> atomic { is_free = false; g = generation_of(request[s]); got = true }
      :: !is_free -> give_back()
      fi
    :: !got
    fi
  :: !got -> before = 0
  fi
}

// exchange_desk::take_another. has: a slot is held, s, and g is its last generation
inline take_another() {
  do
  :: atomic { !is_late || in_any_slot(is_to_be_had) -> select(s : 0 .. SLOTS - 1) };
    if :: take_slot(false) :: take_slot(true) fi;
    atomic { if :: got -> got = false; has = true; break :: else -> s = 0 fi }
  :: !is_late -> break                                                         // no_free_slot
  od
}
inline release() {
  atomic { give_back(); has = false; s = 0; g = 0 }
}

inline write_request() {
  atomic { assert(owner[s] == me && !lives(inside[s])); request_bytes[s] = number };   // nobody reads there
  request_size[s] = number
}
inline ask() {
  g++;
#ifndef BUG_ASKED_FIRST
  write_request();
#endif
  atomic {
    assert(owner[s] == me && generation_of(request[s]) + 1 == g);
#ifndef BUG_NOT_ENDED        // which is to be found by what follows from it
    assert(is_over(service[s], response[s]) && generation_of(service[s]) + 1 == g);   // I7
#endif
    request[s] = word_of(g, REQUESTED);                                        // R1 -> A1
    call_of[s * GENERATIONS + g] = number
  }
#ifdef BUG_ASKED_FIRST
  write_request();
#endif
}

// exchange_way::is_deserted: got
#ifdef BUG_PLACES_OVERLOOKED
#define is_as_it_was(n) (was[n] == NOBODY || place[n] == was[n])
#else
#define is_as_it_was(n) (place[n] == was[n])
#endif
inline look_for_servers() {
  atomic { looks_around[me] = (is_deserted -> 2 : 1); n = 0 };
  do
  :: atomic { n == PLACES -> break }
  :: atomic { n < PLACES && place[n] == NOBODY -> n++ }
  :: atomic { n < PLACES && place[n] != NOBODY -> was[n] = place[n] };
    if
    :: atomic { lives(was[n]) -> got = false; break }
    :: atomic { seems_dead(was[n]) -> got = true;
#ifdef BUG_CLEARED_BY_CALLER
        place[n] = NOBODY; was[n] = NOBODY;
#endif
#ifdef BUG_PLACES_OVERLOOKED
        break
#else
        n++
#endif
      }
    fi
  od;
  n = 0;
#ifndef BUG_ONE_LOOK
  do
  :: atomic { !got || n == PLACES -> break }
  :: atomic { got && n < PLACES && is_as_it_was(n) -> n++ }                    // A5 <- R5
  :: atomic { got && n < PLACES && !is_as_it_was(n) -> got = false }
  od;
#endif
  atomic {
    assert(!got || looks_around[me] == 2);         // nobody is told that all are dead while that is not so
    looks_around[me] = 0; n = 0; was[0] = NOBODY; was[1] = NOBODY
  }
}

// exchange_desk::look: end
#define TIMED_OUT 0
#define ANSWERED 1
#define SERVER_DIED 2
inline look() {
  seen = service[s];
  is_idle = is_over(seen, response[s]);
  if
  :: is_idle || !lives(server_of(seen)) ->
    if
    :: generation_of(response[s]) == g -> end = ANSWERED
    :: generation_of(response[s]) != g ->
      assert(is_idle || generation_of(seen) == g);                             // I7: no other call is in the way
      if
#ifdef BUG_ENDED_WHILE_REQUESTED
      :: !is_idle -> end_service()
#else
      :: !is_idle && !serves_again -> end = SERVER_DIED
      :: !is_idle && serves_again
#endif
      :: is_idle && serves_again
      :: is_idle && !serves_again ->
        look_for_servers();
        atomic { if :: got -> end = SERVER_DIED :: else fi; got = false }
      fi
    fi
  :: !is_idle && lives(server_of(seen))
  fi;
  atomic { seen = 0; is_idle = false }
}
#define is_worth_a_look \
  (generation_of(response[s]) == g || \
   !serves_again && (is_left_by_dead(s) || is_over(service[s], response[s]) && is_left_alone))

// exchange_desk::wait
inline wait() {
  end = TIMED_OUT;
  do
  :: atomic { generation_of(response[s]) == g -> end = ANSWERED; break }       // A2 <- R2
  :: (!is_late && LOOKS) || is_worth_a_look -> look(); atomic { if :: end != TIMED_OUT -> break :: else fi }
  :: !is_late && GIVES_UP -> break
  od
}

// exchange_desk::give_up: end becomes ANSWERED if there is an answer after all
inline give_up() {
#ifndef BUG_NOT_CANCELLED
  request[s] = word_of(g, CANCELLED);                                          // I4
#endif
  make_free();
  if
  :: atomic { generation_of(response[s]) == g && state_of(response[s]) != SKIPPED -> end = ANSWERED; is_free = false }
  :: atomic { generation_of(response[s]) != g || state_of(response[s]) == SKIPPED };
    if
    :: is_free -> is_free = false                                              // put_back: kept
    :: !is_free -> release()
    fi
  fi
}

// exchange_desk::read, and the reply until it is closed
inline read() {
  n = response_size[s];
  atomic {
    assert(generation_of(response[s]) == g);
    assert(state_of(response[s]) == DONE || state_of(response[s]) == LOST && !serves_again && deaths > 0);
    assert(state_of(response[s]) != DONE || n == number);
    got = (state_of(response[s]) == DONE); n = 0
  };
  if
  :: got ->
    assert(response_bytes[s] == number);
    atomic { assert(response_bytes[s] == number && response_size[s] == number); got = false }  // and whole to the end
  :: !got
  fi
}

inline call_once() {
  ask();
  wait();
  if :: end != ANSWERED -> give_up() :: end == ANSWERED fi;
  if :: end == ANSWERED -> read() :: end != ANSWERED fi;
  end = 0
}

// --- a server: exchange_server.hpp, exchange_way.cpp ---

inline clear_dead_places() {
  n = 0;
  do
  :: atomic { n == PLACES -> n = 0; break }
  :: atomic { n < PLACES && place[n] == NOBODY -> n++ }
  // The place and the question in one step: ids are never used twice, so the CAS shows what came between.
  :: atomic { n < PLACES && lives(place[n]) -> n++ }
  :: atomic { n < PLACES && place[n] != NOBODY && seems_dead(place[n]) -> before = place[n] };
    atomic {
      if :: place[n] == before -> place[n] = NOBODY :: else fi;
      // Who leaves may clear what died after it began to: then nobody knows.
      if :: !in_service[me] && !is_dead_place(0) && !is_dead_place(1) -> is_deserted = false :: else fi;
      n++; before = 0
    }
  od
}
// exchange_way::take_place. mine: PLACES if all are live servers'
inline come() {
#ifdef BUG_SERVED_WITHOUT_PLACE
  atomic { in_service[me] = true; is_deserted = false; mine = PLACES };
#else
  atomic { n = 0; mine = PLACES };
  do
  :: atomic { n == PLACES -> break }
  :: n < PLACES ->
    before = place[n];
    if
    :: atomic { lives(before) -> n++ }
    :: seems_dead(before);
      atomic {
        if
        :: place[n] == before ->
          place[n] = me; mine = n;
          in_service[me] = true; is_deserted = false;
          break
        :: else -> n++
        fi
      }
    fi
  od;
  before = 0;
  clear_dead_places()
#endif
}
inline leave() {
  atomic { in_service[me] = false; closes[me] = true };
#ifdef BUG_LEFT_BEFORE_CLEARED
  if :: mine != PLACES -> place[mine] = NOBODY :: mine == PLACES fi;
#endif
#ifndef BUG_DEAD_LEFT_BEHIND
  clear_dead_places();
#endif
#ifdef BUG_LEFT_BEFORE_CLEARED
  closes[me] = false
#else
  atomic { if :: mine != PLACES -> place[mine] = NOBODY :: else fi; closes[me] = false }   // R5 -> A5
#endif
}

// exchange_server::answer, of a service that this server has begun or taken over
inline handle(generation) {
  atomic { number = request_bytes[s]; assert(number == call_of[s * GENERATIONS + generation]) };  // whole
  assert(request_size[s] == number);
#ifdef BUG_ANSWERED_FIRST
  publish_response(generation, DONE);
#endif
  atomic { assert(service[s] == word_of(generation, me)); response_bytes[s] = number };
  response_size[s] = number;
#ifndef BUG_ANSWERED_FIRST
  publish_response(generation, DONE);
#endif
  number = 0
}
// With the look at the request that says that it is to be served.
inline enter(which) {
  assert(!lives(inside[s]));                       // no two in one slot
  assert(state_of(request[s]) == REQUESTED);       // nor is begun what was given up before (I4)
  // No request is served after there was a response, nor twice but for one who died with it, if that is the option.
  assert(server_for[which] == NOBODY || server_for[which] != OVER && serves_again && dead[server_for[which]]);
  server_for[which] = me; inside[s] = me
}

// exchange_slot::pending and begin, of one slot, whichever
inline serve_next() {
  if
  :: state_of(request[s]) != REQUESTED
  :: atomic { state_of(request[s]) == REQUESTED -> g = generation_of(request[s]) };
    seen = service[s];                                                         // A4 <- R4
    if
#ifndef BUG_OLDER_LOOK
    :: request[s] != word_of(g, REQUESTED)
    :: request[s] == word_of(g, REQUESTED);
#else
    :: true ->
#endif
      if
      :: generation_of(seen) == g || !is_over(seen, response[s])
      :: generation_of(seen) != g && is_over(seen, response[s]);
        atomic {                                                               // R4 -> A4
          if
#ifndef BUG_BEGUN_BY_STORE
          :: service[s] == seen ->
            assert(is_over(service[s], response[s]) && generation_of(service[s]) < g);
#ifndef BUG_NOT_ENDED
            assert(generation_of(request[s]) == g);                            // I7
#endif
#else
          :: true ->
#endif
            service[s] = word_of(g, me); got = true
          :: else
          fi
        };
        if
        :: got ->
          if
#ifdef BUG_REQUEST_UNLOOKED
          :: atomic { true -> got = false; enter(call_of[s * GENERATIONS + g]) }; handle(g)
#else
          :: atomic { request[s] == word_of(g, REQUESTED) ->                   // I4. A1 <- R1
              got = false; enter(call_of[s * GENERATIONS + g]) };
            handle(g)
          :: atomic { request[s] != word_of(g, REQUESTED) -> got = false };
            answer_without(g, SKIPPED)
#endif
          fi
        :: !got
        fi
      fi
    fi
  fi;
  atomic { g = 0; seen = 0 }
}

// exchange_way::take_over, of one slot, whichever
inline take_over_from_dead() {
  seen = service[s];
  if
  :: is_over(seen, response[s])
  :: !is_over(seen, response[s]);
    if
    :: lives(server_of(seen))
    :: seems_dead_server(server_of(seen));
      take_over();
      if
      :: got ->
        if
        :: atomic { request[s] == word_of(generation_of(seen), REQUESTED) -> got = false;
            if :: serves_again -> enter(call_of[s * GENERATIONS + generation_of(seen)]) :: else fi };
          if
          :: serves_again -> handle(generation_of(seen))
          :: !serves_again -> answer_without(generation_of(seen), LOST)
          fi
        :: atomic { request[s] != word_of(generation_of(seen), REQUESTED) -> got = false };
          answer_without(generation_of(seen), SKIPPED)
        fi
      :: !got
      fi
    fi
  fi;
  seen = 0
}

inline serve() {
  if :: does != SERVE -> come() :: does == SERVE fi;
  do
  :: does == VISIT || !in_service[me] -> break                                 // or no_space
  :: does != VISIT && (!is_late && LOOKS || in_any_slot(is_left_by_dead) || does == COME && is_place_to_clear) ->
    if                                                                         // look_for_dead
    :: does == COME -> clear_dead_places()
    :: does == SERVE
    fi;
    atomic { select(s : 0 .. SLOTS - 1) };
    take_over_from_dead(); s = 0
  :: atomic { does != VISIT && (!is_late || in_any_slot(is_pending)) -> select(s : 0 .. SLOTS - 1) };
    serve_next(); s = 0
  :: does == COME && !is_late -> break
  od;
  if :: in_service[me] -> leave() :: !in_service[me] fi
}

#define LOCALS \
  byte s, g, n, number, seen, before, mine, end, was[PLACES]; \
  bool got, has, is_free, is_idle

proctype user(byte me, does) {
  LOCALS;
  byte left = (is_server(does) -> 0 : does);
  {
    has = (me == 1);
    if
    :: is_server(does) -> serve()
    :: !is_server(does) ->
      do
      :: atomic { left == 0 -> break }
      :: atomic { left > 0 -> left-- };
        if :: !has -> take_another() :: has fi;
        if :: has -> number = me * CALLS + left; call_once(); number = 0 :: !has fi
      od;
      if :: has -> release() :: !has fi
    fi;
    is_done[me] = true
  } unless { dead[me] || stopped[me] || is_audited };
  d_step {
    is_done[me] = !stopped[me];
    s = 0; g = 0; n = 0; number = 0; seen = 0; before = 0; mine = 0; end = 0; left = 0;
    was[0] = NOBODY; was[1] = NOBODY;
    got = false; has = false; is_free = false; is_idle = false;
    looks_around[me] = 0; closes[me] = false
  }
}

// Who dies and who stops, at which moment: any, and nobody must.
inline select_victim() {
  if
  :: !is_done[1] && !dead[1] && !stopped[1] -> who = 1
  :: !is_done[2] && !dead[2] && !stopped[2] -> who = 2
  :: !is_done[3] && !dead[3] && !stopped[3] -> who = 3
  :: !is_done[4] && !dead[4] && !stopped[4] -> who = 4
  :: else -> who = NOBODY
  fi
}
proctype scheduler() {
  byte who;
  do
  :: atomic { deaths < DEATHS -> select_victim();
      if
      :: who != NOBODY ->
        deaths++; dead[who] = true;
        if
        :: (in_service[who] || closes[who]) && !has_server -> is_deserted = true; tell_who_looks()
        :: else
        fi
      :: else
      fi;
      who = 0 }
  :: atomic { stops < STOPS -> select_victim();
      if :: who != NOBODY -> stops++; stopped[who] = true :: else fi;
      who = 0 }
  :: atomic { !is_served || !in_any_slot(is_work) -> is_late = true; break }
  od
}

#if SLOTS == 1
#define owns_any(who) (owner[0] == who)
#else
#define owns_any(who) (owner[0] == who || owner[1] == who)
#endif
#define is_held(s) (!is_over(service[s], response[s]) && stopped[server_of(service[s])])
#define is_held_at_call(s) (is_held(s) && generation_of(service[s]) == generation_of(request[s]))

// Who has not come to his end waits for what a stopped one has, or for a server when none is there.
inline check_rest(who) {
  if
  :: is_done[who] || dead[who] || stopped[who]
  :: else ->
    s = 0;
    if
    :: in_service[who]                             // waits for a request
    :: !in_service[who] && owns_any(who) ->        // for an answer
      do
      :: s < SLOTS && owner[s] == who ->
        assert(is_held_at_call(s) || !is_served);                              // of his own call (I7)
        assert(is_held_at_call(s) || serves_again || !is_deserted);            // told at once that nobody will
        s++
      :: s < SLOTS && owner[s] != who -> s++
      :: else -> break
      od
    :: !in_service[who] && !owns_any(who) ->       // for a slot
      do
      :: s < SLOTS -> assert(lives(owner[s]) && !is_done[owner[s]] || owner[s] == NOBODY && is_held(s)); s++
      :: else -> break
      od
    fi;
    s = 0
  fi
}

// Somebody comes when nobody else does anything any more, serves, calls, and leaves.
proctype audit() {
  byte me = AUDITOR;
  LOCALS;
  atomic {
    timeout;
    is_audited = true;
    check_rest(1); check_rest(2); check_rest(3); check_rest(4);
    assert(is_live_place(0) || is_live_place(1) || !has_server);               // presence
    if
    :: is_live_place(0) && is_live_place(1) -> mine = PLACES
    :: else -> come(); assert(mine != PLACES)                                  // no place is lost
    fi;
    s = 0;
    do
    :: s < SLOTS ->
      take_over_from_dead();
      serve_next();
      assert(is_held(s) || is_over(service[s], response[s]));
      assert(is_held(s) || state_of(request[s]) != REQUESTED || is_over(request[s], response[s]));
      if
      :: lives(owner[s])                                                       // waits, or is stopped
      :: !lives(owner[s]) ->
        take_slot(true);
        assert(got || is_held(s));                                             // no slot is lost
        if
        :: got ->
          got = false; number = me * CALLS + s;
          ask();
          serve_next();
          number = me * CALLS + s; g = generation_of(request[s]);
          assert(response[s] == word_of(g, DONE));
          read();
          owner[s] = NOBODY; number = 0; g = 0
        :: else
        fi
      fi;
      s++
    :: else -> break
    od;
    if
    :: mine != PLACES ->
      leave();
      assert(place[0] == NOBODY || is_live_place(0));
      assert(place[1] == NOBODY || is_live_place(1))
    :: else
    fi
  }
}

inline begin(who, does) {
  if
  :: does == NOTHING -> is_done[who] = true
  :: does == SERVE -> place[i] = who; i++; in_service[who] = true; run user(who, does)
  :: does != NOTHING && does != SERVE -> run user(who, does)
  fi
}
init {
  byte i;
  atomic {
    for (i : 0 .. SLOTS - 1) { response[i] = word_of(0, SKIPPED) }
    owner[0] = 1;                                  // the first process has a slot that it has kept
    i = 0;
    begin(1, FIRST); begin(2, SECOND); begin(3, THIRD); begin(4, FOURTH);
    i = 0;
    run audit(); run scheduler()
  }
}
