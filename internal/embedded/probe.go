package embedded

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// probe asks the engine now and then whether it still answers, and kills it when it has
// been silent too often, since an engine that hangs is worse than one that restarts.
func (e *Engine) probe(p *process) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ticker := time.NewTicker(e.cfg.ProbeInterval)
	defer ticker.Stop()
	for failures := 0; failures < e.cfg.ProbeFailures; {
		select {
		case <-p.life.Done():
			return
		case <-ticker.C:
		}
		err := e.ask(p.life, client)
		if p.life.Err() != nil {
			return
		}
		p.silent.Store(err != nil)
		if err == nil {
			failures = 0
			continue
		}
		failures++
		e.log.Warn("the ClickHouse engine does not answer", "times", failures, "error", err)
	}
	e.log.Error("the ClickHouse engine hangs and is killed", "pid", p.cmd.Process.Pid)
	p.kill()
}

// ask has the engine run a trivial statement.
func (e *Engine) ask(ctx context.Context, client *http.Client) error {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.ProbeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.address+"/health", nil)
	if err != nil {
		return fmt.Errorf("ask the engine: %w", err)
	}
	req.SetBasicAuth("faultline", e.secret)
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the engine: %w", err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the engine: it answered %s", res.Status)
	}
	return nil
}
