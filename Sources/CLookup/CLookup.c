#include "CLookup.h"
