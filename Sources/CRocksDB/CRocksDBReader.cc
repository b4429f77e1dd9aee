#include "CRocksDBReader.h"
