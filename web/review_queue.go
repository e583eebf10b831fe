package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"sealdesk/bundle"
	"sealdesk/index"
)

// queueLength is how many applications the queue shows: more than a person decides in a
// day. The others come up as these are done.
const queueLength = 200

// queueData is what the queue of those that wait for a person shows.
type queueData struct {
	Total int
	Rows  []queueRow
}

// queueRow is an application that waits for a person.
type queueRow struct {
	ID, Link                string
	Name, Unit, Recommender string
	Year                    int
	Came                    time.Time // zero where that is not known
	By, Receipt             string
}

// waiting gives the applications that need a person, oldest first, and how many there
// are in all.
func (s *Server) waiting(r *http.Request) ([]queueRow, int, error) {
	q := index.Query{Verdicts: []bundle.Verdict{bundle.NeedsReview}, Sort: index.ByYear, Limit: 1}
	found, err := s.desk.Search(r.Context(), q)
	if err != nil {
		return nil, 0, err
	}
	// The newest are given first.
	q.Offset, q.Limit = max(found.Total-queueLength, 0), queueLength
	if found, err = s.desk.Search(r.Context(), q); err != nil {
		return nil, 0, err
	}
	var rows []queueRow
	for _, h := range found.Hits {
		doc := h.Document
		row := queueRow{
			ID: doc.ID, Link: applicationLink(doc.ID, 0, ""),
			Name: doc.BaseName, Unit: doc.HostUnit, Recommender: doc.Recommender, Year: doc.Year,
		}
		if e, ok := s.desk.Entry(doc.Bundle); ok {
			row.Came, row.By, row.Receipt = e.Time, e.ByName, e.Receipt
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b queueRow) int {
		return cmp.Or(a.Came.Compare(b.Came), cmp.Compare(a.Year, b.Year), cmp.Compare(a.ID, b.ID))
	})
	return rows, found.Total, nil
}

func (s *Server) reviewQueue(w http.ResponseWriter, r *http.Request) error {
	rows, total, err := s.waiting(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "review-queue", queueData{total, rows})
}

// reviewNext leads to the one in the queue behind the one that the visitor comes from.
func (s *Server) reviewNext(w http.ResponseWriter, r *http.Request) error {
	rows, _, err := s.waiting(r)
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("after")
	at := slices.IndexFunc(rows, func(q queueRow) bool { return q.ID == after })
	to := "/review"
	switch {
	case at+1 < len(rows):
		to = rows[at+1].Link
	case at > 0: // the last one: what was passed over comes again
		to = rows[0].Link
	default:
		s.notify(r, "review.queue.done")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
