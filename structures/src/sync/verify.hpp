// verify.hpp: the checks of the structures that processes synchronise with.
#pragma once
#include <stoa/inspection.hpp>

namespace stoa::internal {

void verify_mutex(inspection& look);
void verify_shared_mutex(inspection& look);
void verify_event(inspection& look);
void verify_semaphore(inspection& look);
void verify_condition(inspection& look);
void verify_latch(inspection& look);
void verify_barrier(inspection& look);
void verify_once_flag(inspection& look);
void verify_future(inspection& look);

}  // namespace stoa::internal
