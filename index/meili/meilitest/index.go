package meilitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

var uidPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,400}$`)

// store is one index.
type store struct {
	uid              string
	primaryKey       string
	created, updated time.Time
	settings         settings
	docs             []*document // in the order in which they came first
}

func (x *store) view() map[string]any {
	return map[string]any{"uid": x.uid, "createdAt": stamp(x.created), "updatedAt": stamp(x.updated), "primaryKey": orNull(x.primaryKey)}
}

func (s *Server) listIndexes(r *request) reply {
	limit, err := r.number("limit", 20)
	if err != nil {
		return err.reply()
	}
	offset, err := r.number("offset", 0)
	if err != nil {
		return err.reply()
	}
	var uids []string
	for uid := range s.indexes {
		if r.may(uid) {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	results := []any{}
	for _, uid := range uids[min(offset, len(uids)):min(offset+limit, len(uids))] {
		results = append(results, s.indexes[uid].view())
	}
	return reply{200, map[string]any{"results": results, "offset": offset, "limit": limit, "total": len(uids)}}
}

func (s *Server) getIndex(r *request) reply {
	x := s.indexes[r.index]
	if x == nil {
		return noIndex(r.index).reply()
	}
	return reply{200, x.view()}
}

func (s *Server) createIndex(r *request) reply {
	var req struct {
		UID        string  `json:"uid"`
		PrimaryKey *string `json:"primaryKey"`
	}
	if err := strict(r.body, &req); err != nil {
		return badRequest("bad_request", "%v", err).reply()
	}
	if !uidPattern.MatchString(req.UID) {
		return badRequest("invalid_index_uid", "`%s` is not a valid index uid.", req.UID).reply()
	}
	if !r.may(req.UID) {
		return (&apiError{403, "invalid_api_key", "auth", "the key is wrong or lacks a right"}).reply()
	}
	return s.enqueue("indexCreation", req.UID, map[string]any{"primaryKey": req.PrimaryKey}, func() *apiError {
		if s.indexes[req.UID] != nil {
			return failure("index_already_exists", "There is an index `%s` already.", req.UID)
		}
		x := s.create(req.UID)
		if req.PrimaryKey != nil {
			x.primaryKey = *req.PrimaryKey
		}
		return nil
	})
}

// create makes an index with the settings of a new one.
func (s *Server) create(uid string) *store {
	now := time.Now()
	x := &store{uid: uid, created: now, updated: now, settings: defaultSettings()}
	s.indexes[uid] = x
	return x
}

// change gives the index that a task changes; as in the server it is made when
// it is not there.
func (s *Server) change(uid string) *store {
	x := s.indexes[uid]
	if x == nil {
		x = s.create(uid)
	}
	x.updated = time.Now()
	return x
}

func (s *Server) deleteIndex(r *request) reply {
	return s.enqueue("indexDeletion", r.index, map[string]any{}, func() *apiError {
		if s.indexes[r.index] == nil {
			return noIndex(r.index)
		}
		delete(s.indexes, r.index)
		return nil
	})
}

// swap is one pair of indexes that change their names.
type swap struct {
	Indexes []string `json:"indexes"`
	Rename  bool     `json:"rename"`
}

func (s *Server) swapIndexes(r *request) reply {
	var pairs []swap
	if err := strict(r.body, &pairs); err != nil {
		return badRequest("bad_request", "%v", err).reply()
	}
	for _, p := range pairs {
		if len(p.Indexes) != 2 || p.Indexes[0] == p.Indexes[1] {
			return badRequest("invalid_swap_indexes", "Two different indexes must be given, not %v.", p.Indexes).reply()
		}
		if p.Rename {
			return badRequest("bad_request", "This stand-in does not rename.").reply()
		}
		if !r.may(p.Indexes[0]) || !r.may(p.Indexes[1]) {
			return (&apiError{403, "invalid_api_key", "auth", "the key is wrong or lacks a right"}).reply()
		}
	}
	return s.enqueue("indexSwap", "", map[string]any{"swaps": pairs}, func() *apiError {
		for _, p := range pairs {
			for _, uid := range p.Indexes {
				if s.indexes[uid] == nil {
					return noIndex(uid)
				}
			}
		}
		for _, p := range pairs {
			a, b := s.indexes[p.Indexes[0]], s.indexes[p.Indexes[1]]
			a.uid, b.uid = b.uid, a.uid
			s.indexes[a.uid], s.indexes[b.uid] = a, b
			for _, t := range s.tasks { // the history goes along, the queue does not
				if t.finished == nil {
					continue
				}
				switch t.Index {
				case p.Indexes[0]:
					t.Index = p.Indexes[1]
				case p.Indexes[1]:
					t.Index = p.Indexes[0]
				}
			}
		}
		return nil
	})
}

func (s *Server) getSetting(r *request) reply {
	x := s.indexes[r.index]
	if x == nil {
		return noIndex(r.index).reply()
	}
	field, ok := subSettings[r.name]
	if !ok {
		return reply{404, nil}
	}
	data, err := json.Marshal(x.settings)
	var all map[string]any
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		return badRequest("internal", "%v", err).reply()
	}
	return reply{200, raw{all[field]}}
}

// raw is written as its value, also when that is null.
type raw struct{ value any }

// MarshalJSON implements [json.Marshaler].
func (r raw) MarshalJSON() ([]byte, error) { return json.Marshal(r.value) }

func (s *Server) setSettings(r *request) reply { return s.update(r, r.body) }

func (s *Server) setSetting(r *request) reply {
	field, ok := subSettings[r.name]
	if !ok {
		return reply{404, nil}
	}
	// Objects are patched, all others put.
	object := r.name == "typo-tolerance" || r.name == "pagination" || r.name == "faceting"
	if object != (r.Method == "PATCH") {
		return reply{405, nil}
	}
	return s.update(r, fmt.Appendf(nil, `{%q:%s}`, field, r.body))
}

func (s *Server) update(r *request, body []byte) reply {
	if _, err := defaultSettings().with(body); err != nil {
		return err.reply()
	}
	return s.enqueue("settingsUpdate", r.index, map[string]any{}, func() *apiError {
		x := s.change(r.index)
		changed, err := x.settings.with(body)
		if err == nil {
			x.settings = changed
		}
		return err
	})
}
